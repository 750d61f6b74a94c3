//! Mutated corpus through every parser: never a panic, always an end. `IMAPSH_FUZZ_ROUNDS` sets how
//! long; what the fuzz entries assert is written beside the code.

use imapsh::wire::secret::fuzz_secrets;
use imapsh::wire::{cursor, framer, mutf7, response};

use crate::common::corpus;
use crate::common::mutate::{Dice, mutate, rounds};

/// Responses, and what clients send.
fn seeds() -> Vec<Vec<u8>> {
    let commands = include_str!("corpus/commands.txt");
    let lines = commands
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let commands = lines.map(corpus::unescape);
    corpus::rows()
        .into_iter()
        .map(|row| row.bytes)
        .chain(commands)
        .collect()
}

#[test]
fn mutated_lines_harm_nobody() {
    let seeds = seeds();
    let mut dice = Dice::new(1);
    for round in 0..rounds(6000) {
        let (one, two) = (&seeds[round % seeds.len()], &seeds[dice.below(seeds.len())]);
        let mut data = mutate(&mut dice, one, two);
        if round % 7 == 0 {
            data.extend_from_slice(two);
        }
        response::fuzz_response(&data);
        cursor::fuzz_tokens(&data);
        fuzz_secrets(&data);
        mutf7::fuzz_mutf7(&data);
        data.insert(0, u8::try_from(dice.below(256)).unwrap());
        framer::fuzz_framer(&data);
    }
}

#[test]
fn noise_harms_nobody() {
    const ALPHABET: &[u8] = b" ()[]{}\"\\\r\n*+%~&-,.:05aA\0\xff\xc3";
    let mut dice = Dice::new(2);
    for _ in 0..rounds(6000) {
        let length = dice.below(80);
        let data: Vec<u8> = (0..length)
            .map(|_| {
                if dice.below(8) == 0 {
                    dice.roll().to_le_bytes()[7]
                } else {
                    ALPHABET[dice.below(ALPHABET.len())]
                }
            })
            .collect();
        response::fuzz_response(&data);
        cursor::fuzz_tokens(&data);
        fuzz_secrets(&data);
        mutf7::fuzz_mutf7(&data);
        framer::fuzz_framer(&data);
    }
}
