//! The writer against a server that is down, cut off in the middle, or wrong.

// A helper that cannot go on has failed its test.
#![allow(clippy::unwrap_used)]

mod engine;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use engine::{number, score};
use kairos_clickhouse::{Error, GiftRow, Store, Target, Writer, WriterOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the front does with an insert.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    /// Closes before it passes anything on.
    Refuse,
    /// Passes half of the request on.
    CutRequest,
    /// Passes all on and swallows the answer: the writer can't know that the rows are there.
    SwallowAnswer,
}

/// A front of `store`'s ClickHouse that fails the first `failures` inserts. A connection serves one request.
async fn failing_front(store: &Store, fault: Fault, failures: usize) -> (Target, Arc<AtomicUsize>) {
    let Target::Url { url, user, password, database } = store.endpoint() else { panic!("no address") };
    let behind = url.strip_prefix("http://").unwrap().trim_end_matches('/').to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let left = Arc::new(AtomicUsize::new(failures));
    let remaining = Arc::clone(&left);
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(serve(socket, behind.clone(), fault, Arc::clone(&remaining)));
        }
    });
    (Target::Url { url, user, password, database }, left)
}

async fn serve(mut socket: TcpStream, behind: String, fault: Fault, left: Arc<AtomicUsize>) {
    // Requests of the tests are small; one that ends with an empty chunk or has its length is whole.
    let mut request = Vec::new();
    while !is_whole(&request) {
        let mut part = vec![0; 65_536];
        match socket.read(&mut part).await {
            Ok(0) | Err(_) => return,
            Ok(length) => request.extend_from_slice(&part[..length]),
        }
    }
    // One request per connection: the client must not come back on it.
    let line = request.windows(2).position(|end| end == b"\r\n").unwrap();
    request.splice(line..line, *b"\r\nConnection: close");
    let is_insert = request.starts_with(b"POST /?") && contains(&request, b"query=INSERT");
    let fails = is_insert
        && left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
    if fails && fault == Fault::Refuse {
        return;
    }
    let mut server = TcpStream::connect(&behind).await.unwrap();
    if fails && fault == Fault::CutRequest {
        server.write_all(&request[..request.len() / 2]).await.unwrap();
        return;
    }
    server.write_all(&request).await.unwrap();
    let mut answer = vec![0; 65_536];
    let length = server.read(&mut answer).await.unwrap();
    if fails {
        return;
    }
    socket.write_all(&answer[..length]).await.unwrap();
    // Answers may come in several parts; the client hangs up when it has all.
    while let Ok(length) = server.read(&mut answer).await {
        if length == 0 || socket.write_all(&answer[..length]).await.is_err() {
            return;
        }
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

fn is_whole(request: &[u8]) -> bool {
    let Some(head) = request.windows(4).position(|end| end == b"\r\n\r\n") else { return false };
    let text = String::from_utf8_lossy(&request[..head]).to_ascii_lowercase();
    match text.split("content-length: ").nth(1) {
        Some(length) => {
            let length: usize = length.lines().next().unwrap().trim().parse().unwrap();
            request.len() >= head + 4 + length
        }
        None => request.ends_with(b"\r\n0\r\n\r\n"),
    }
}

fn impatient() -> WriterOptions {
    WriterOptions {
        attempts: 6,
        first_pause: Duration::from_millis(5),
        longest_pause: Duration::from_millis(20),
        patience: Duration::from_secs(10),
        age: Duration::from_secs(3_600),
        ..WriterOptions::default()
    }
}

async fn writes_once_despite(fault: Fault, test: &str) {
    let store = engine::store("writer", test).await;
    let (target, left) = failing_front(&store, fault, 3).await;
    let through = Store::connect(target).await.unwrap();
    let mut writer = Writer::new(&through, impatient()).unwrap();
    for unit in 0..500 {
        writer.write(score("room", unit, 0)).await.unwrap();
    }
    writer.flush().await.unwrap();
    assert_eq!(left.load(Ordering::SeqCst), 0, "the faults were met");
    assert_eq!(
        number(&store, "SELECT count() FROM frame_scores_rows").await,
        500,
        "in storage, not only in the view"
    );
}

#[tokio::test]
async fn a_refused_batch_is_sent_again() {
    writes_once_despite(Fault::Refuse, "refuse").await;
}

#[tokio::test]
async fn a_batch_cut_in_the_middle_leaves_nothing_and_is_sent_again() {
    writes_once_despite(Fault::CutRequest, "cut").await;
}

#[tokio::test]
async fn a_batch_whose_answer_was_lost_is_not_doubled() {
    writes_once_despite(Fault::SwallowAnswer, "swallow").await;
}

#[tokio::test]
async fn rows_outlive_a_server_that_stays_down_and_no_more_are_taken() {
    let store = engine::store("writer", "down").await;
    let (target, left) = failing_front(&store, Fault::Refuse, usize::MAX).await;
    let through = Store::connect(target).await.unwrap();
    let options = WriterOptions { rows: 10, attempts: 2, ..impatient() };
    let mut writer = Writer::new(&through, options).unwrap();
    for unit in 0..10 {
        writer.write(score("room", unit, 0)).await.unwrap();
    }
    let refused = writer.write(score("room", 10, 0)).await.unwrap_err();
    assert_eq!(refused.row, score("room", 10, 0));
    let Error::Batch(batch) = &refused.error else { panic!("{}", refused.error) };
    assert_eq!((batch.table, batch.rows, batch.attempts), ("frame_scores", 10, 2));
    assert_eq!((batch.first.as_str(), batch.last.as_str()), ("kairos.media[3]@0", "kairos.media[3]@9"));
    assert_eq!(writer.held(), 10);
    assert!(writer.flush().await.is_err());
    left.store(0, Ordering::SeqCst);
    writer.write(refused.row).await.unwrap();
    writer.flush().await.unwrap();
    assert_eq!(writer.held(), 0);
    assert_eq!(number(&store, "SELECT count() FROM frame_scores_rows").await, 11);
}

#[tokio::test]
async fn an_error_that_stays_is_not_tried_again() {
    let store = engine::store("writer", "stays").await;
    store.client().query_raw("DROP TABLE frame_scores_rows").execute().await.unwrap();
    let mut writer = Writer::new(&store, impatient()).unwrap();
    writer.write(score("room", 1, 0)).await.unwrap();
    let error = writer.flush().await.unwrap_err();
    assert_eq!(error.code(), Some(60), "{error}");
    let Error::Batch(batch) = error else { panic!("{error}") };
    assert_eq!(batch.attempts, 1);
    assert_eq!(writer.held(), 1);
}

#[tokio::test]
async fn an_old_batch_goes_without_being_full() {
    let store = engine::store("writer", "old").await;
    let options = WriterOptions { age: Duration::from_millis(1), ..WriterOptions::default() };
    let mut writer = Writer::new(&store, options).unwrap();
    writer.write(score("room", 1, 0)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    writer.flush_due().await.unwrap();
    assert_eq!(writer.held(), 0);
    assert_eq!(number(&store, "SELECT count() FROM frame_scores").await, 1);
}

#[tokio::test]
async fn an_amount_the_table_can_not_hold_is_refused_alone() {
    let store = engine::store("writer", "amount").await;
    let mut writer = Writer::new(&store, WriterOptions::default()).unwrap();
    let amount = Some("0.0000000001".parse().unwrap());
    let refused = writer.write(GiftRow { amount, ..GiftRow::default() }).await.unwrap_err();
    assert!(refused.error.to_string().contains("more than 9 decimals"), "{}", refused.error);
    writer.write(GiftRow::default()).await.unwrap();
    writer.flush().await.unwrap();
    assert_eq!(number(&store, "SELECT count() FROM gifts").await, 1);
}
