"""Who may do what: accounts, memberships, sessions, API keys."""
