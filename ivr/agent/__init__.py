"""What Lilly says and does: the prompt, the tools and the conversation with the model."""
