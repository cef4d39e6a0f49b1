//! An encoder of one's own: how much of what is written are questions. `docs/extend/encoder.md` quotes this file.
//!
//! `cargo run -p kairos-encoders --example own_encoder`; its test runs with the others.

use kairos_encoders::{CommentView, EncodeError, Encoder, EncoderSet, Modality, UnitInput};

// ANCHOR: encoder
/// The share of questions among the comments: of this unit, and of the stream so far.
#[derive(Default)]
struct Questions {
    asked: u64,
    written: u64,
}

impl Encoder for Questions {
    fn name(&self) -> &str {
        "questions"
    }

    // Whoever changes the numbers changes this, so that a model never reads other numbers than it learned from.
    fn digest(&self) -> String {
        "questions-1".to_owned()
    }

    fn modality(&self) -> Modality {
        Modality::Comment
    }

    fn width(&self) -> usize {
        2
    }

    fn encode(&mut self, unit: &UnitInput<'_>) -> Result<Option<Vec<f32>>, EncodeError> {
        // No chat is something else than a chat in which nobody writes: the model masks it.
        let Some(comments) = unit.comments else { return Ok(None) };
        let asked = comments.iter().filter(|comment| comment.text.contains('?')).count() as u64;
        let written = comments.len() as u64;
        (self.asked, self.written) = (self.asked + asked, self.written + written);
        let share = |asked: u64, written: u64| asked as f32 / written.max(1) as f32;
        Ok(Some(vec![share(asked, written), share(self.asked, self.written)]))
    }

    fn reset(&mut self) {
        *self = Self::default();
    }
}
// ANCHOR_END: encoder

fn main() -> Result<(), EncodeError> {
    for (number, features) in run()?.into_iter().enumerate() {
        println!("unit {number}: {features:?}");
    }
    Ok(())
}

// ANCHOR: run
/// Three units of two seconds, the last without a chat.
fn run() -> Result<Vec<Option<Vec<f32>>>, EncodeError> {
    let mut encoders = EncoderSet::empty().with(Box::new(Questions::default()))?;
    let said = |text| CommentView { offset_us: 0, user: "anna", text };
    let (first, second) = ([said("who is this?"), said("hello")], [said("nice")]);
    let units = [Some(&first[..]), Some(&second[..]), None];
    let unit = |(number, comments)| UnitInput {
        start_us: number * 2_000_000,
        duration_us: 2_000_000,
        comments,
        ..UnitInput::default()
    };
    Ok((0_i64..).zip(units).map(unit).map(|unit| encoders.encode(&unit).features.comment).collect())
}
// ANCHOR_END: run

#[test]
fn questions_are_counted_and_a_missing_chat_is_masked() {
    assert_eq!(run().unwrap(), [Some(vec![0.5, 0.5]), Some(vec![0.0, 1.0 / 3.0]), None]);
}
