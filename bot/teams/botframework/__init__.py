"""bot/teams/botframework."""
