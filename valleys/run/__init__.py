"""What every script shares: options, pictures, records, claims, figures."""
