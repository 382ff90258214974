-- A resend is found by its player, who is in one game only: not among all answers of the game.
CREATE UNIQUE INDEX game_answers_of_phone ON game_answers (player_id, client_id);
