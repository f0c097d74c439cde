"""From a complaint to a suggestion, a proposal or a precaution."""
