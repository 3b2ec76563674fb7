"""The policy pack: rules as plain functions by subject, judged in every plan and rehearsal."""
