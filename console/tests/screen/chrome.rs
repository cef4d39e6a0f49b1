//! A Chromium without a window, driven by ChromeDriver on a free port.
//!
//! Invariants: without ChromeDriver a test fails and names the package, unless `KAIROS_BROWSER=none` says that this machine
//! can have no browser, as Ubuntu without snaps, and the test says that it was not run; the driver ends with the test, and the browser
//! with the driver.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

/// Whether this machine is said to have no browser.
pub fn is_left_out() -> bool {
    let left_out = std::env::var("KAIROS_BROWSER").is_ok_and(|browser| browser == "none");
    if left_out {
        eprintln!("not run: KAIROS_BROWSER=none");
    }
    left_out
}

pub struct Chrome {
    pub client: Client,
    driver: Child,
}

impl Drop for Chrome {
    fn drop(&mut self) {
        if let Err(error) = self.driver.kill().and_then(|()| self.driver.wait()) {
            eprintln!("chromedriver does not end: {error}");
        }
    }
}

impl Chrome {
    pub async fn start(width: u32, height: u32) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| {
                panic!(
                    "chromedriver does not start ({error}): install the packages chromium and chromium-driver"
                )
            });
        let arguments = [
            "--headless=new".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--mute-audio".to_owned(),
            format!("--window-size={width},{height}"),
        ];
        let wanted = json!({"browserName": "chrome", "goog:chromeOptions": {"args": arguments}, "goog:loggingPrefs": {"browser": "ALL"}});
        let Value::Object(wanted) = wanted else { unreachable!() };
        let mut last = None;
        for _ in 0..100 {
            let mut builder = ClientBuilder::new(HttpConnector::new());
            match builder.capabilities(wanted.clone()).connect(&format!("http://127.0.0.1:{port}")).await {
                Ok(client) => return Self { client, driver },
                Err(error) => last = Some(error),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("no browser behind chromedriver: {last:?}; install the packages chromium and chromium-driver");
    }

    /// Waits for an element.
    pub async fn at(&self, css: &str) -> Element {
        let found = self.client.wait().at_most(Duration::from_secs(15)).for_element(Locator::Css(css)).await;
        match found {
            Ok(element) => element,
            Err(error) => panic!("{css}: {error}\n{}", self.text("body").await),
        }
    }

    /// The text of an element that may not be there.
    pub async fn text(&self, css: &str) -> String {
        let script = "return document.querySelector(arguments[0])?.innerText ?? ''";
        let text = self.client.execute(script, vec![css.into()]).await.unwrap();
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until a script says true.
    pub async fn until(&self, what: &str, script: &str) {
        for _ in 0..150 {
            if self.client.execute(&format!("return Boolean({script})"), vec![]).await.unwrap() == true {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{what} never came\n{}", self.text("body").await);
    }

    /// Types keys into whatever has the focus.
    pub async fn press(&self, keys: &str) {
        self.client.active_element().await.unwrap().send_keys(keys).await.unwrap();
    }

    pub async fn go(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    /// A value that a script gives.
    pub async fn value(&self, script: &str) -> Value {
        self.client.execute(&format!("return ({script})"), vec![]).await.unwrap()
    }
}
