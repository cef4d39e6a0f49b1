//! A browser clicks through the screen.

use crate::NEWS;
use crate::chrome::{self, Chrome};
use crate::desk::{Desk, EDITOR, SIZE, fill, guarded};
use fantoccini::Locator;
use fantoccini::actions::{InputSource, MOUSE_BUTTON_LEFT, MouseActions, PointerAction};
use kairos_console::ConsoleOptions;

fn open() -> ConsoleOptions {
    ConsoleOptions { live_ms: 100, ..ConsoleOptions::default() }
}

#[tokio::test]
async fn a_live_room_moves_and_says_why() {
    if chrome::is_left_out() {
        return;
    }
    let _alone = NEWS.lock().await;
    let desk = Desk::open("screen", open()).await;
    let chrome = Chrome::start(1400, 1000).await;
    chrome.go(&format!("http://{}/", desk.address)).await;
    chrome.at(".room-card .chip.live").await;
    assert_eq!(chrome.value("document.querySelectorAll('.room-card').length").await, SIZE.rooms);
    chrome.until("a connection for news", "document.querySelector('#pulse.on')").await;
    let before = chrome.text("a[href*='mia-bakes'] .now").await;
    let scenery = desk.scenery;
    fill::go_on(&desk.store, &scenery.pool, SIZE, scenery.now_us, SIZE.units + 10).await.unwrap();
    chrome
        .until(
            "a moved curve",
            &format!("document.querySelector(\"a[href*='mia-bakes'] .now\").textContent !== '{before}'"),
        )
        .await;
    chrome.at("a[href*='mia-bakes']").await.click().await.unwrap();
    chrome.at(".lanes").await;
    chrome.until("the reasons of a moment", "document.querySelectorAll('.why li').length >= 5").await;
    chrome.until("comments laid back", "document.querySelectorAll('svg.align circle').length > 3").await;
    let painted = "(() => { const c = document.querySelector('.lanes'); const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; const seen = new Set(); for (let i = 0; i < d.length; i += 4) if (d[i + 3]) seen.add(d[i] << 16 | d[i + 1] << 8 | d[i + 2]); return seen.size; })()";
    assert!(chrome.value(painted).await.as_u64().unwrap() > 30, "lanes are drawn in more than a few colours");
    let at = chrome.text(".side .num").await;
    // There is one before or one after, whichever moment was the best.
    chrome.press(if at.starts_with("0:") || at.starts_with("1:") { "j" } else { "k" }).await;
    chrome
        .until("another highlight", &format!("document.querySelector('.side .num').innerText !== '{at}'"))
        .await;
    chrome.client.close_window().await.unwrap();
}

#[tokio::test]
async fn highlights_are_reviewed_by_keys_trimmed_by_dragging_and_exported() {
    if chrome::is_left_out() {
        return;
    }
    let desk = Desk::open("screen", open()).await;
    let chrome = Chrome::start(1400, 1000).await;
    chrome.go(&format!("http://{}/highlights?room=fenix-arena", desk.address)).await;
    chrome.at(".item[aria-selected=true]").await;
    chrome.at(".verdicts .keep").await;
    let first = chrome.value("document.querySelector('.item[aria-selected=true]').dataset.key").await;
    chrome.until("a clip that plays", "document.querySelector('video')?.readyState >= 1").await;
    chrome.press("y").await;
    let kept = format!("document.querySelector('.item[data-key={first}] .chip.kept')");
    chrome.until("the first one kept", &kept).await;
    let second = format!("document.querySelector('.item[aria-selected=true]').dataset.key !== {first}");
    chrome.until("the next one", &second).await;
    chrome.press("n").await;
    chrome.until("the second one rejected", "document.querySelector('.item .chip.rejected')").await;
    chrome.press("k").await;
    chrome.press("k").await;
    chrome.until("back at the first", "document.querySelector('.detail .keep[aria-pressed=true]')").await;
    chrome.press("t").await;
    chrome.until("a handle with the focus", "document.activeElement.role === 'slider'").await;
    let start = "Number(document.querySelector('.handle[data-side=from]').getAttribute('aria-valuenow'))";
    let before = chrome.value(start).await.as_f64().unwrap();
    chrome.press("\u{e014}\u{e014}\u{e014}").await;
    chrome.until("a later start", &format!("{start} > {before} + 0.25")).await;
    chrome.until("the trim stored", "document.querySelector('.detail .chip.trimmed')").await;
    let handle = chrome.at(".handle[data-side=to]").await;
    let (x, y, width, height) = handle.rectangle().await.unwrap();
    let end = "Number(document.querySelector('.handle[data-side=to]').getAttribute('aria-valuenow'))";
    let before = chrome.value(end).await.as_f64().unwrap();
    let (x, y) = ((x + width / 2.0) as i64, (y + height / 2.0) as i64);
    let to = |x, y| PointerAction::MoveTo { duration: None, x: x as f64, y: y as f64 };
    let drag = MouseActions::new("hand".to_owned())
        .then(to(x, y))
        .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT })
        .then(to(x - 60, y))
        .then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
    chrome.client.perform_actions(drag).await.unwrap();
    chrome.until("an earlier end", &format!("{end} < {before} - 0.3")).await;
    chrome.press("e").await;
    chrome.until("an exported file", "[...document.querySelectorAll('.toast')].some((t) => t.textContent.startsWith('exported fenix-arena'))").await;
    let stored = desk.store.query(
        "SELECT verdict, to_us - from_us < 20000000 FROM reviews WHERE room = 'fenix-arena' ORDER BY verdict",
        kairos_clickhouse::Format::Tsv,
    );
    let stored = stored.await.unwrap();
    assert!(stored.contains("kept\t1") && stored.contains("rejected"), "{stored}");
    chrome.client.close_window().await.unwrap();
}

#[tokio::test]
async fn words_are_found_and_models_compared_on_a_phone_too() {
    if chrome::is_left_out() {
        return;
    }
    let desk = Desk::open("screen", open()).await;
    let chrome = Chrome::start(500, 900).await;
    let page = |path: &str| format!("http://{}{path}", desk.address);
    chrome.go(&page("/")).await;
    chrome.at(".room-card").await;
    chrome.press("/").await;
    chrome.client.find(Locator::Css("nav a[href='/search']")).await.unwrap().click().await.unwrap();
    let field = chrome.at("main input[type=search]").await;
    field.send_keys("clip it\u{e007}").await.unwrap();
    chrome
        .until("marked words", "[...document.querySelectorAll('.moment mark')].some((m) => m.textContent.toLowerCase() === 'clip')")
        .await;
    chrome.at(".moment").await.click().await.unwrap();
    chrome.at(".lanes").await;
    chrome.go(&page("/compare?room=mia-bakes")).await;
    chrome.until("an agreement", "document.querySelector('.tile b')?.textContent > '0.5'").await;
    assert!(chrome.text("main").await.contains("best moments shared"));
    let wide = "document.documentElement.scrollWidth <= innerWidth";
    for path in
        ["/", "/highlights", "/gifting", "/operator", "/queries", "/rooms/mia-bakes", "/search?q=clip"]
    {
        chrome.go(&page(path)).await;
        chrome
            .until(
                path,
                "document.querySelector('main h1') && document.querySelector('main').children.length > 1",
            )
            .await;
        chrome.until(&format!("{path} without sideways scrolling"), wide).await;
        assert!(!chrome.text("main").await.contains("undefined"), "{path}");
        assert_eq!(chrome.value("document.querySelector('.problem')?.innerText ?? ''").await, "", "{path}");
    }
    chrome.client.close_window().await.unwrap();
}

#[tokio::test]
async fn a_wrong_token_is_refused_and_the_right_one_lets_in() {
    if chrome::is_left_out() {
        return;
    }
    let desk = Desk::open("screen", guarded()).await;
    let chrome = Chrome::start(1200, 800).await;
    chrome.go(&format!("http://{}/operator", desk.address)).await;
    chrome.at("#token").await.send_keys("wrong-wrong-wrong-wrong\u{e007}").await.unwrap();
    chrome.at(".refused").await;
    chrome.until("the refusal", "document.querySelector('.refused').innerText.includes('not known')").await;
    chrome.at("#token").await.send_keys(&format!("{EDITOR}\u{e007}")).await.unwrap();
    chrome.at("main table").await;
    assert!(chrome.client.current_url().await.unwrap().path().ends_with("/operator"));
    chrome.until("a way out", "document.querySelector('#me button')").await;
    assert_eq!(chrome.value("document.cookie").await, "", "no script reads the session");
    chrome.at("#me button").await.click().await.unwrap();
    chrome.at("#token").await;
    chrome.client.close_window().await.unwrap();
}
