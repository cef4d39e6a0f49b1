//! Behaviour of what happens in rooms, judged over many rooms without rendering any.

use std::collections::BTreeMap;

use kairos_simulate::{Plan, RoomEvents};
use kairos_timeline::FeedbackKind;

fn rooms(plan: &Plan, count: usize) -> Vec<RoomEvents> {
    (0..count).map(|room| RoomEvents::generate(plan, room)).collect()
}

fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values[((values.len() - 1) as f64 * share) as usize]
}

#[test]
fn gifts_have_the_shape_of_large_platforms() {
    let (mut values, mut givers, mut clicks) = (Vec::new(), BTreeMap::<(u64, String), f64>::new(), 0);
    let (mut in_moments, mut clicks_in_moments) = (0.0, 0.0);
    // A viewer's purse weighs on all of their gifts, so one crowd of viewers says little about the tail: five do.
    let crowds = (11..16).flat_map(|seed| {
        rooms(&Plan { minutes: 40.0, media: false, seed, ..Plan::default() }, 40)
            .into_iter()
            .map(move |room| (seed, room))
    });
    for (seed, room) in crowds {
        for gift in &room.gifts {
            values.push(gift.value);
            *givers.entry((seed, gift.user.clone())).or_default() += gift.value;
            let elapsed = (gift.sent_at - room.clock.started_at).as_secs_f64();
            let second = (elapsed - 4.0).max(0.0) as usize;
            in_moments += f64::from(room.interest.get(second).is_some_and(|interest| *interest > 0.2));
        }
        for event in room.feedback.iter().filter(|event| event.kind == FeedbackKind::Click) {
            clicks += 1;
            let second = (event.sent_at - room.clock.started_at).as_secs_f64() as usize;
            clicks_in_moments += f64::from(room.interest.get(second).is_some_and(|interest| *interest > 0.2));
        }
    }
    let per_click = values.len() as f64 / f64::from(clicks);
    assert!((0.013..0.017).contains(&per_click), "gifts per click {per_click}");
    let lift = in_moments / values.len() as f64 / (clicks_in_moments / f64::from(clicks));
    assert!(lift > 1.15, "moments lift gifts per click by {lift}");
    let spread = quantile(&mut values, 0.99) / quantile(&mut values, 0.5);
    assert!((400.0..1_200.0).contains(&spread), "P99/P50 {spread} of {}", values.len());
    let mut totals: Vec<f64> = givers.into_values().collect();
    totals.sort_by(f64::total_cmp);
    let (n, sum) = (totals.len() as f64, totals.iter().sum::<f64>());
    let ranked: f64 = totals.iter().enumerate().map(|(rank, value)| (rank + 1) as f64 * value).sum();
    let gini = 2.0 * ranked / (n * sum) - (n + 1.0) / n;
    assert!((0.92..0.965).contains(&gini), "Gini {gini} of {n} givers");
    println!(
        "gifts {} per click {per_click:.4} lift {lift:.2} P99/P50 {spread:.0} Gini {gini:.3}",
        values.len()
    );
}

#[test]
fn the_median_delay_of_reactions_is_the_lag() {
    let plan = Plan { minutes: 20.0, media: false, seed: 4, ..Plan::default() };
    let mut judged = 0;
    for mut room in rooms(&plan, 24) {
        let Some(lag) = room.comment_lag_s else { continue };
        assert!((5.0..=40.0).contains(&lag));
        if room.reaction_delays_s.len() >= 300 {
            let median = quantile(&mut room.reaction_delays_s, 0.5);
            assert!((median - lag).abs() < 0.5, "{}: {median} is not {lag}", room.room);
            judged += 1;
        }
    }
    assert!(judged >= 8, "{judged}");
}

#[test]
fn comments_answer_moments_one_lag_later() {
    // The lag that best lines the chat's rate up with the interest is found again from the events alone.
    let plan = Plan { minutes: 60.0, media: false, seed: 8, with_dropouts: 0.0, ..Plan::default() };
    let (mut found, mut judged) = (0, 0);
    for room in rooms(&plan, 12) {
        let Some(lag) = room.comment_lag_s.filter(|_| room.reaction_delays_s.len() > 1_000) else { continue };
        let mut rate = vec![0.0; room.interest.len() + 120];
        for comment in &room.comments {
            let second = (comment.sent_at - room.clock.started_at).as_secs_f64().max(0.0) as usize;
            if let Some(count) = rate.get_mut(second) {
                *count += 1.0;
            }
        }
        let fit =
            |delay: usize| -> f64 { room.interest.iter().zip(&rate[delay..]).map(|(i, r)| i * r).sum() };
        let best = (0..60).max_by(|a, b| fit(*a).total_cmp(&fit(*b))).unwrap_or(0);
        judged += 1;
        found += i32::from((best as f64 - lag).abs() <= 3.0);
    }
    assert!(judged >= 4 && found * 4 >= judged * 3, "{found} of {judged}");
}

#[test]
fn the_click_through_rate_follows_interest() {
    let plan = Plan { minutes: 60.0, media: false, seed: 2, ..Plan::default() };
    for room in rooms(&plan, 6) {
        // Per second: shown, clicked; dropouts are absent in rooms without media.
        let mut counts = [[0.0_f64; 2]; 2];
        let mut expected = [0.0_f64; 2];
        for event in &room.feedback {
            let elapsed = (event.sent_at - room.clock.started_at).as_secs_f64();
            let second = (elapsed as usize).min(room.ctr.len() - 1);
            let bright = usize::from(room.interest[second] > 0.3);
            match event.kind {
                FeedbackKind::Impression => {
                    counts[bright][0] += 1.0;
                    expected[bright] += room.ctr[second];
                }
                FeedbackKind::Click => counts[bright][1] += 1.0,
                _ => assert!(event.watched.as_micros() > 0),
            }
        }
        for bright in [0, 1] {
            let (shown, clicked) = (counts[bright][0], counts[bright][1]);
            assert!(
                (clicked - expected[bright]).abs() < 5.0 * shown.sqrt() * 0.5 + 5.0,
                "{counts:?} {expected:?}"
            );
        }
        assert!(counts[1][1] / counts[1][0] > 1.8 * counts[0][1] / counts[0][0], "{counts:?}");
    }
}

#[test]
fn rooms_differ_in_size_and_few_viewers_talk_most() {
    let plan = Plan { minutes: 30.0, media: false, seed: 3, ..Plan::default() };
    let mut sizes: Vec<f64> = rooms(&plan, 24).iter().map(|room| room.comments.len() as f64).collect();
    let (small, large) = (quantile(&mut sizes, 0.2), quantile(&mut sizes, 0.95));
    assert!(large > 15.0 * small.max(1.0), "{small} {large}");
}

#[test]
fn everything_comes_in_order_and_ids_are_unique() {
    let plan = Plan { minutes: 10.0, ..Plan::default() };
    for room in rooms(&plan, 10) {
        assert!(
            room.comments
                .windows(2)
                .all(|pair| pair[0].sent_at <= pair[1].sent_at && pair[0].id < pair[1].id)
        );
        assert!(
            room.gifts.windows(2).all(|pair| pair[0].sent_at <= pair[1].sent_at && pair[0].id < pair[1].id)
        );
        assert!(
            room.feedback
                .windows(2)
                .all(|pair| pair[0].sent_at <= pair[1].sent_at && pair[0].id < pair[1].id)
        );
        assert!(room.title.starts_with("Simulated"));
    }
}
