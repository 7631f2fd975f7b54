"""The gateway account in force and its policy: quiet hours, limits, frequency cap, approval."""
