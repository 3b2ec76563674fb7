"""What is asked of AWS before anything is changed there."""
