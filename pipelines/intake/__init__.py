"""Intake: bytes become events, or a refusal with a reason; nothing is lost and nothing is guessed."""
