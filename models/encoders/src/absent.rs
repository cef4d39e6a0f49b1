//! The place of an encoder that a model was trained with and that is not there.

use crate::{EncodeError, Encoder, EncoderSet, Modality, UnitInput};

/// Gives nothing and says so, in the place and the width of another.
struct AbsentEncoder {
    name: String,
    digest: String,
    modality: Modality,
    width: usize,
}

impl Encoder for AbsentEncoder {
    fn name(&self) -> &str {
        &self.name
    }

    fn digest(&self) -> String {
        self.digest.clone()
    }

    fn modality(&self) -> Modality {
        self.modality
    }

    fn width(&self) -> usize {
        self.width
    }

    fn encode(&mut self, unit: &UnitInput<'_>) -> Result<Option<Vec<f32>>, EncodeError> {
        let is_there = match self.modality {
            Modality::Picture => !unit.pictures.is_empty(),
            Modality::Sound => !unit.sound.is_empty(),
            Modality::Speech => unit.speech.is_some(),
            Modality::Comment => unit.comments.is_some(),
            Modality::Gift => unit.gifts.is_some(),
        };
        if is_there { Err(EncodeError::Absent) } else { Ok(None) }
    }

    fn reset(&mut self) {}
}

impl EncoderSet {
    /// Puts encoders that give nothing where a model expects some that the set lacks: every unit goes without their part, and says
    /// `missing`. `expected` are names and digests of all the model's encoders of a modality in their order, `width` the values that
    /// they give together. Gives the names that were put in.
    ///
    /// # Errors
    /// [`EncodeError::AbsentWidths`] when they don't stand side by side, so that nobody knows which values are whose.
    pub fn put_absent(
        &mut self,
        modality: Modality,
        expected: &[(&str, &str)],
        width: usize,
    ) -> Result<Vec<String>, EncodeError> {
        let place = |encoders: &[Box<dyn Encoder>], name: &str| {
            encoders.iter().position(|encoder| encoder.modality() == modality && encoder.name() == name)
        };
        let there = |(name, _): &&(&str, &str)| place(&self.encoders, name).is_some();
        let Some(first) = expected.iter().position(|one| !there(&one)) else { return Ok(Vec::new()) };
        let last = expected.iter().rposition(|one| !there(&one)).unwrap_or(first);
        let lacking = &expected[first..=last];
        let names: Vec<String> = lacking.iter().map(|(name, _)| (*name).to_owned()).collect();
        if lacking.iter().any(|one| there(&one)) {
            return Err(EncodeError::AbsentWidths { encoders: names.join(", ") });
        }
        let known: usize = self.of(modality).map(Encoder::width).sum();
        let mut at = match (first.checked_sub(1), expected.get(last + 1)) {
            (Some(before), _) => place(&self.encoders, expected[before].0).map_or(0, |at| at + 1),
            (None, Some((after, _))) => place(&self.encoders, after).unwrap_or(0),
            (None, None) => self.encoders.len(),
        };
        // The first stands for the values of all.
        let mut width = width.saturating_sub(known);
        for (name, digest) in lacking {
            let (name, digest) = ((*name).to_owned(), (*digest).to_owned());
            self.encoders.insert(at, Box::new(AbsentEncoder { name, digest, modality, width }));
            (at, width) = (at + 1, 0);
        }
        Ok(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::UnitFeatures;

    /// Gives so many ones.
    struct Ones(&'static str, usize);

    impl Encoder for Ones {
        fn name(&self) -> &str {
            self.0
        }

        fn digest(&self) -> String {
            format!("{}{}", self.0, self.1)
        }

        fn modality(&self) -> Modality {
            Modality::Comment
        }

        fn width(&self) -> usize {
            self.1
        }

        fn encode(&mut self, _: &UnitInput<'_>) -> Result<Option<Vec<f32>>, EncodeError> {
            Ok(Some(vec![1.0; self.1]))
        }

        fn reset(&mut self) {}
    }

    fn set(ones: &[(&'static str, usize)]) -> EncoderSet {
        ones.iter().fold(EncoderSet::empty(), |set, (name, width)| {
            set.with(Box::new(Ones(name, *width))).expect("names differ")
        })
    }

    #[test]
    fn what_is_not_there_is_zeros_in_its_place() {
        let expected = [("a", "a1"), ("b", "b2"), ("c", "c3"), ("d", "d1")];
        for (there, values) in [
            (&[("a", 1), ("d", 1)][..], vec![1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]),
            (&[("a", 1), ("b", 2)][..], vec![1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]),
            (&[("c", 3), ("d", 1)][..], vec![0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0]),
        ] {
            let mut set = set(there);
            let names = set.put_absent(Modality::Comment, &expected, 7).expect("side by side");
            assert_eq!(names.len(), 2);
            let order: Vec<String> = set.describe().into_iter().map(|known| known.name).collect();
            assert_eq!(order, ["a", "b", "c", "d"]);
            assert_eq!(set.widths().comment, 7);
            let encoded = set.encode(&UnitInput { comments: Some(&[]), ..UnitInput::default() });
            assert_eq!(encoded.features, UnitFeatures { comment: Some(values), ..UnitFeatures::default() });
            let why: Vec<String> = encoded.without.iter().map(ToString::to_string).collect();
            assert_eq!(why, names.iter().map(|name| format!("comment: {name} missing")).collect::<Vec<_>>());
            assert!(encoded.failures.iter().all(EncodeError::is_unserved));
        }
        let mut all = set(&[("a", 1), ("b", 2), ("c", 3), ("d", 1)]);
        assert!(all.put_absent(Modality::Comment, &expected, 7).expect("nothing to do").is_empty());
    }

    #[test]
    fn a_modality_without_any_of_its_encoders_is_missing() {
        let mut none = set(&[]);
        none.put_absent(Modality::Comment, &[("a", "a1")], 3).expect("one");
        assert_eq!(none.widths().comment, 3);
        let mut without = |comments| none.encode(&UnitInput { comments, ..UnitInput::default() });
        let [nobody_wrote, missing] = [Some(&[][..]), None].map(&mut without);
        assert_eq!(nobody_wrote.features, UnitFeatures::default());
        assert_eq!((nobody_wrote.without.len(), missing.without.len()), (1, 0));
    }

    #[test]
    fn two_places_whose_widths_nobody_knows_are_refused() {
        let mut middle = set(&[("b", 2)]);
        let error = middle.put_absent(Modality::Comment, &[("a", ""), ("b", ""), ("c", "")], 7);
        assert!(error.is_err_and(|error| error.to_string().contains("a, b, c")));
    }
}
