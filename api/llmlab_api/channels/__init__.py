"""Where a workspace is told of alerts: e-mail, chats, incident services, webhooks."""
