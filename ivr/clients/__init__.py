"""The providers: speech recognition, language model, speech synthesis, Twilio and n8n."""
