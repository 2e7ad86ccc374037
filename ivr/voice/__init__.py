"""One live call: the media stream, turn-taking and playback."""
