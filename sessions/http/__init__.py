"""What surrounds the views: who asks, what was sent, and how errors and headers leave."""
