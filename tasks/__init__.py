"""What Celery's workers do, each a few lines over functions of `ivr`; `tasks.app` is where they start."""
