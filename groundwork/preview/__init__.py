"""What a change would do and cost, for those who read a pull request."""
