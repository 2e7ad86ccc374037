"""OpenAI's wire protocols, spoken strictly."""
