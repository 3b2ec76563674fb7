"""What is done with a real account beside the engine: boto3, with the user's own credentials."""
