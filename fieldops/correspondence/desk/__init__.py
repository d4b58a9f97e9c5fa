"""What the desk asks for over HTTP about paper, mail and the register."""
