"""The command centre: reads all apps, writes nothing."""
