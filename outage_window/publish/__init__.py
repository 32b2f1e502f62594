"""Publishing drafts to GitHub, Slack, Grafana and webhooks, where the settings say so."""
