"""Sites: a worker where the hosts are, and the centre that it reports to, joined by NATS JetStream (decision 21)."""
