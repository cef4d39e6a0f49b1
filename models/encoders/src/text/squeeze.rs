//! Drawn-out spellings to one form: "loool" is "lol", "KKKKK" is "k", "hahahahah" is "haha".
//!
//! The form is for comparing, not for reading: "cool" becomes "col" as "coooool" does.

/// The form of a folded word without repetition, and whether it was drawn out (a letter three times in a row,
/// or a pair of letters three times).
pub(crate) fn squeeze(word: &str) -> (String, bool) {
    let mut letters: Vec<char> = Vec::with_capacity(word.len());
    let (mut run, mut drawn_out) = (0_usize, false);
    for letter in word.chars() {
        if letters.last() == Some(&letter) {
            run += 1;
            drawn_out |= run >= 3;
        } else {
            run = 1;
            letters.push(letter);
        }
    }
    let repeats_a_pair = letters.len() >= 4 && (2..letters.len()).all(|i| letters[i] == letters[i - 2]);
    if repeats_a_pair {
        drawn_out |= letters.len() >= 5;
        letters.truncate(4);
    }
    (letters.into_iter().collect(), drawn_out)
}

#[cfg(test)]
mod tests {
    use super::squeeze;

    #[test]
    fn drawn_out_laughter_has_one_form() {
        for (word, form, drawn_out) in [
            ("lol", "lol", false),
            ("looool", "lol", true),
            ("kkkkk", "k", true),
            ("haha", "haha", false),
            ("hahahahah", "haha", true),
            ("哈哈哈哈", "哈", true),
            ("cool", "col", false),
            ("", "", false),
        ] {
            assert_eq!(squeeze(word), (form.to_owned(), drawn_out), "{word}");
        }
    }
}
