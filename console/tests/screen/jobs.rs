//! What troubles the live jobs is on the page for operators, with what to do about it, whether the tables answer or not.

use kairos_console::{ConsoleOptions, JobStatus, JobTrouble};

use crate::chrome::{self, Chrome};
use crate::desk::{Desk, EDITOR, guarded};

fn status(now_us: i64) -> JobStatus {
    let trouble = JobTrouble {
        kind: "broker".into(),
        about: String::new(),
        title: "no connection to Kafka".into(),
        text: "kafka connection; reason: 127.0.0.1:9092: refused".into(),
        action: "Look at the broker.".into(),
        count: 3,
        first_us: now_us - 20_000_000,
        last_us: now_us,
    };
    JobStatus {
        part: "score".into(),
        version: "9.8.7".into(),
        started_us: now_us - 90_000_000,
        troubles: vec![trouble],
    }
}

async fn job(status: JobStatus) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let answer = axum::routing::get(async || axum::Json(status));
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().route("/status", answer)).await });
    address
}

#[tokio::test]
async fn a_job_says_what_troubles_it_and_one_that_is_gone_is_missed() {
    if chrome::is_left_out() {
        return;
    }
    let told = job(status(crate::desk::fill::now_us())).await;
    let gone = "http://127.0.0.1:1".to_owned();
    let desk = Desk::open("screen", ConsoleOptions { jobs: vec![told, gone.clone()], ..guarded() }).await;
    let chrome = Chrome::start(1200, 900).await;
    chrome.go(&format!("http://{}/login", desk.address)).await;
    chrome.at("#token").await.send_keys(&format!("{EDITOR}\u{e007}")).await.unwrap();
    chrome.at("main h1").await;
    chrome.go(&format!("http://{}/operator", desk.address)).await;
    chrome.until("troubles", "document.querySelectorAll('ul[aria-label=Troubles] li').length >= 2").await;
    let page = chrome.text("main").await;
    for words in [
        "score: no connection to Kafka",
        "Look at the broker.",
        "127.0.0.1:9092: refused",
        &format!("The job at {gone} does not answer"),
        "no answer",
        "9.8.7",
    ] {
        assert!(page.contains(words), "{words:?} is missing in {page}");
    }
    chrome.client.close_window().await.unwrap();
}
