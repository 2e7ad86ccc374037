"""What is served over HTTP: Twilio's webhooks and media stream, the API and the health checks."""
