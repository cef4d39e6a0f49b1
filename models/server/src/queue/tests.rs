//! Turns, budgets, lingering and admission, at times that the tests make up.

use kairos_transformers::{TextEncoder, TransformerError};

use super::*;
use crate::kind::Texts;

/// An encoder that is never run.
#[derive(Debug)]
struct Named {
    pads: bool,
}

impl TextEncoder for Named {
    fn width(&self) -> usize {
        1
    }

    fn digest(&self) -> &str {
        "named"
    }

    fn pads(&self) -> bool {
        self.pads
    }

    fn encode_texts(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, TransformerError> {
        Ok(vec![vec![0.0]; texts.len()])
    }
}

fn encoder(pads: bool) -> Arc<dyn TextEncoder> {
    Arc::new(Named { pads })
}

fn queue(budget: usize, linger_ms: u64) -> Queue<Texts> {
    Queue::new(budget, 1_000, ms(linger_ms))
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A request of texts of these costs; the request's number is the room's.
fn push(queue: &mut Queue<Texts>, room: u64, encoder: &Arc<dyn TextEncoder>, costs: &[usize], at: u64) {
    let items = costs.iter().map(|&cost| (format!("{room}/{cost}"), cost)).collect();
    queue.push(room, room, encoder, items, ms(at));
}

/// Rooms and costs of the next batch.
fn take(queue: &mut Queue<Texts>) -> Vec<(u64, usize)> {
    let batch = queue.take(ms(0)).map(|batch| batch.items).unwrap_or_default();
    batch.iter().map(|item| (item.request, item.cost)).collect()
}

#[test]
fn a_batch_ends_where_its_budget_does_and_a_longer_text_is_alone() {
    let (mut queue, encoder) = (queue(10, 0), encoder(false));
    push(&mut queue, 1, &encoder, &[4, 4, 3, 40], 0);
    assert_eq!(take(&mut queue), [(1, 3), (1, 4)]);
    assert_eq!(take(&mut queue), [(1, 4)]);
    assert_eq!(take(&mut queue), [(1, 40)]);
    assert!(take(&mut queue).is_empty());
    assert_eq!((queue.count(), queue.cost), (0, 0));
}

#[test]
fn where_texts_are_padded_the_budget_counts_it_and_long_ones_wait_for_their_like() {
    let (mut queue, encoder) = (queue(40, 0), encoder(true));
    push(&mut queue, 1, &encoder, &[3, 12, 5], 0);
    push(&mut queue, 2, &encoder, &[30, 33], 0);
    // 3 x 12 fit, and neither text of room 2 is as short.
    assert_eq!(take(&mut queue), [(1, 3), (1, 5), (1, 12)]);
    push(&mut queue, 1, &encoder, &[31], 0);
    assert_eq!(take(&mut queue), [(2, 30)]);
    // Room 2 had its turn.
    assert_eq!(take(&mut queue), [(1, 31)]);
    assert_eq!(take(&mut queue), [(2, 33)]);
}

#[test]
fn a_room_with_a_thousand_texts_delays_nobody_by_more_than_a_batch() {
    let (mut queue, encoder) = (queue(4, 0), encoder(false));
    push(&mut queue, 1, &encoder, &[1; 900], 0);
    assert_eq!(take(&mut queue), [(1, 1); 4]);
    for room in 2..8 {
        push(&mut queue, room, &encoder, &[1, 1], 0);
    }
    let rooms = |queue: &mut Queue<Texts>| take(queue).iter().map(|(room, _)| *room).collect::<Vec<_>>();
    assert_eq!(rooms(&mut queue), [1, 2, 3, 4]);
    assert_eq!(rooms(&mut queue), [5, 6, 7, 1]);
    assert_eq!(rooms(&mut queue), [2, 3, 4, 5]);
    assert_eq!(rooms(&mut queue), [6, 7, 1, 1]);
}

#[test]
fn a_batch_lingers_until_it_is_full_its_oldest_has_waited_or_nobody_else_could_come() {
    let (mut queue, encoder) = (queue(10, 5), encoder(false));
    assert_eq!(queue.next(ms(0), 3), Next::Nothing);
    push(&mut queue, 1, &encoder, &[4], 100);
    assert_eq!(queue.next(ms(102), 3), Next::Linger(ms(3)));
    push(&mut queue, 2, &encoder, &[4], 103);
    assert_eq!(queue.next(ms(103), 3), Next::Linger(ms(2)));
    assert_eq!(queue.next(ms(105), 3), Next::Run, "the oldest has waited");
    assert_eq!(queue.next(ms(103), 2), Next::Run, "all who ask wait");
    push(&mut queue, 1, &encoder, &[4], 103);
    assert_eq!(queue.next(ms(103), 3), Next::Run, "it is full");
}

#[test]
fn who_would_be_late_is_refused_until_it_may_have_changed() {
    let (mut queue, encoder) = (queue(10, 0), encoder(false));
    let limit = ms(100);
    assert_eq!(queue.admit(1, 500, limit, ms(0)), Ok(()), "nothing is known yet");
    push(&mut queue, 1, &encoder, &[10], 0);
    assert_eq!(take(&mut queue), [(1, 10)]);
    queue.done(ms(50));
    // Five milliseconds for each token.
    assert_eq!(queue.admit(1, 20, limit, ms(60)), Ok(()));
    assert_eq!(queue.admit(1, 21, limit, ms(60)), Err(Unserved::Overloaded { waiting: 0 }));
    push(&mut queue, 1, &encoder, &[5, 5], 60);
    assert_eq!(queue.admit(1, 10, limit, ms(60)), Ok(()));
    assert_eq!(queue.admit(1, 11, limit, ms(60)), Err(Unserved::Overloaded { waiting: 2 }));
    queue.forget(1, 1);
    assert_eq!(queue.count(), 0);
    assert_eq!(queue.admit(1, 21, limit, ms(1_049)), Err(Unserved::Overloaded { waiting: 0 }));
    assert_eq!(queue.admit(1, 21, limit, ms(1_050)), Ok(()), "one looks whether it still holds");
}

#[test]
fn behind_an_encoder_that_hangs_nobody_else_waits() {
    let (mut queue, encoder) = (queue(10, 0), encoder(false));
    push(&mut queue, 1, &encoder, &[1], 0);
    assert_eq!(take(&mut queue), [(1, 1)]);
    assert_eq!(queue.admit(1, 1, ms(100), ms(100)), Ok(()));
    assert_eq!(queue.admit(1, 1, ms(100), ms(101)), Err(Unserved::Overloaded { waiting: 0 }));
    // Nor once somebody has left.
    queue.forget(1, 1);
    assert_eq!(queue.admit(1, 1, ms(100), ms(50)), Err(Unserved::Overloaded { waiting: 0 }));
    queue.done(ms(60));
    assert_eq!(queue.admit(1, 1, ms(100), ms(60)), Ok(()));
}

#[test]
fn encoders_are_not_mixed_and_what_is_full_is_full() {
    let (mut queue, old, new) = (Queue::new(10, 3, ms(0)), encoder(false), encoder(false));
    push(&mut queue, 1, &old, &[1], 0);
    push(&mut queue, 2, &new, &[1, 1], 0);
    assert!(!queue.has_room(1));
    assert_eq!(queue.admit(1, 1, ms(100), ms(0)), Err(Unserved::Overloaded { waiting: 3 }));
    let batch = queue.take(ms(0)).unwrap();
    assert!(Arc::ptr_eq(&batch.encoder, &old) && batch.items.len() == 1);
    let batch = queue.take(ms(0)).unwrap();
    assert!(Arc::ptr_eq(&batch.encoder, &new) && batch.items.len() == 2);
    assert!(queue.has_room(4), "what is larger than all of it waits alone");
}
