//! Headers carry a trace from a producer to whoever takes the message.

use kairos_timeline::Position;
use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::prelude::*;

use super::*;

const SAMPLED: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn message(headers: &[(&str, &str)]) -> Message {
    let mut message = Record::keyed("t", "room", "value").at(Position::in_file("t", 7));
    headers.iter().for_each(|(name, value)| message.headers.push(name, value.as_bytes().to_vec()));
    message
}

fn traced<T>(act: impl FnOnce() -> T) -> T {
    use opentelemetry::trace::TracerProvider as _;
    let provider = opentelemetry_sdk::trace::SdkTracerProvider::builder().build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer(SCOPE));
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), act)
}

fn carried(span: &Span) -> Headers {
    let mut headers = Headers::default();
    TraceContextPropagator::new().inject_context(&span.context(), &mut Carrying(&mut headers));
    headers
}

#[test]
fn a_message_goes_on_with_the_trace_of_its_producer() {
    traced(|| {
        let span = taken(&message(&[("other", "header"), (PARENT, SAMPLED)]));
        let sent = carried(&span);
        let sent = std::str::from_utf8(sent.get(PARENT).unwrap()).unwrap();
        assert_eq!((&sent[..36], &sent[53..]), (&SAMPLED[..36], &SAMPLED[53..]), "the same trace");
        assert_ne!(sent[36..52], SAMPLED[36..52], "by another span");
        assert!(is_sampled(&span));
        assert!(!span.in_scope(|| step("decode")).is_disabled());
    });
}

#[test]
fn a_trace_that_is_not_kept_is_carried_on_as_such_and_has_no_steps() {
    traced(|| {
        let span = taken(&message(&[(PARENT, &SAMPLED.replace("-01", "-00"))]));
        assert!(carried(&span).get(PARENT).unwrap().ends_with(b"-00"));
        assert!(span.in_scope(|| step("decode")).is_disabled());
    });
}

#[test]
fn a_trace_that_can_not_be_read_is_none() {
    for broken in ["", "00-zz", "\u{fffd}", &SAMPLED.replace("4bf92f3577b34da6a3ce929d0e0e4736", "0")] {
        traced(|| {
            let span = taken(&message(&[(PARENT, broken)]));
            let sent = carried(&span);
            let sent = std::str::from_utf8(sent.get(PARENT).unwrap()).unwrap();
            assert_ne!(sent[3..35], SAMPLED[3..35], "a trace of its own");
        });
    }
}

#[test]
fn where_traces_are_off_nothing_is_made_or_carried() {
    let log = tracing_subscriber::fmt::layer().with_filter(EnvFilter::new("kairos=debug"));
    tracing::subscriber::with_default(tracing_subscriber::registry().with(log), || {
        let span = taken(&message(&[(PARENT, SAMPLED)]));
        assert!(span.is_disabled() && !is_sampled(&span));
        assert_eq!(carried(&span), Headers::default());
        let mut awaited = Awaited::default();
        awaited.wait(&Position::in_file("t", 7), &span);
        assert!(awaited.scored("t", 0, 0, 100).is_empty());
        assert!(Unacknowledged::default().giving(&[span], 3).is_empty());
    });
}

#[test]
fn a_segment_is_followed_until_the_first_score_that_rests_on_it() {
    traced(|| {
        let mut awaited = Awaited::default();
        for offset in [3, 7] {
            awaited.wait(&Position::in_file("t", offset), &taken(&message(&[(PARENT, SAMPLED)])));
        }
        assert!(awaited.scored("t", 1, 0, 9).is_empty() && awaited.scored("s", 0, 0, 9).is_empty());
        assert_eq!(awaited.scored("t", 0, 4, 7).len(), 1);
        assert_eq!(awaited.scored("t", 0, 0, 9).len(), 1, "the other one, and none twice");
    });
}

#[test]
fn rows_are_followed_until_the_writer_holds_none_from_before_they_were_given() {
    traced(|| {
        let message = taken(&message(&[(PARENT, SAMPLED)]));
        let mut held = Unacknowledged::default();
        assert!(held.giving(std::slice::from_ref(&message), 0).is_empty(), "no rows");
        let before = clock::now();
        let inserts = held.giving(&[message], 3);
        assert_eq!(inserts.len(), 1);
        held.given(inserts);
        held.acknowledged(Some(before));
        assert!(!held.is_empty(), "the writer may still hold the rows");
        held.acknowledged(Some(clock::now() + Duration::from_millis(1)));
        assert!(held.is_empty());
    });
}
