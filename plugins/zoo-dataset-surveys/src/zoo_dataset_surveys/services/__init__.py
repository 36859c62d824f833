"""The services of surveys, through the field's own clients where there are any."""
