"""留存记录: capture, vault, custody, dossier."""
