"""A face that moves: mouth shapes on the clock of the voice, in the browser and in notebooks."""
