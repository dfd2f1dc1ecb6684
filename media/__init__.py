"""Pictures of the dashboard for the documents, made of the demo's month: `make screenshots`, `make media`."""
