"""Sites at their full size: a real server, a real centre, real workers, and hosts that answer as they are told to."""
