"""Text in, suggestion out: the only package that knows nlp_models."""

from app.classifier.danger import (
    risk as risk,
)
from app.classifier.suggest import (
    Suggestion as Suggestion,
)
from app.classifier.suggest import (
    load as load,
)
from app.classifier.suggest import (
    model_name as model_name,
)
from app.classifier.suggest import (
    shadow as shadow,
)
from app.classifier.suggest import (
    shadow_name as shadow_name,
)
from app.classifier.suggest import (
    suggest as suggest,
)
from app.classifier.suggest import (
    suggest_many as suggest_many,
)
from app.classifier.suggest import (
    threshold as threshold,
)
from app.classifier.suggest import (
    use as use,
)
from app.classifier.suggest import (
    versions as versions,
)
