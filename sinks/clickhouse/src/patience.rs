//! Asking a server again that is down, busy or full, for as long as a writer waits for it.

use std::future::Future;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};

use crate::Error;
use crate::error::{is_transient, trouble};

/// Attempts after which a live job gives up; with the pauses between them some minutes.
pub const ATTEMPTS: usize = 60;
/// The first pause; it doubles each time.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// The longest.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Asks until there is an answer. `what` is asked, for the error.
///
/// # Errors
/// What the server says, when asking again can't help or did not.
pub async fn patiently<T, A: Future<Output = Result<T, clickhouse::error::Error>>>(
    what: &str,
    ask: impl FnMut() -> A,
) -> Result<T, Error> {
    let pauses = ExponentialBuilder::new()
        .with_min_delay(FIRST_PAUSE)
        .with_max_delay(LONGEST_PAUSE)
        .with_max_times(ATTEMPTS - 1);
    ask.retry(pauses)
        .when(is_transient)
        .notify(|error, pause| {
            tracing::warn!(trouble = trouble(error), what, %error, ?pause, "not answered, asking again");
        })
        .await
        .map_err(Error::query(what))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> clickhouse::error::Error {
        clickhouse::error::Error::BadResponse(text.to_owned())
    }

    #[tokio::test]
    async fn a_server_that_comes_back_answers_and_one_that_refuses_is_not_asked_again() {
        let mut asked = 0;
        let answer = patiently("rows", || {
            asked += 1;
            std::future::ready(if asked < 4 { Err(refused("Code: 243. DB::Exception: full")) } else { Ok(7) })
        });
        assert_eq!(answer.await.unwrap(), 7);
        let mut asked = 0;
        let answer = patiently("rows", || {
            asked += 1;
            std::future::ready(Err::<u8, _>(refused("Code: 60. DB::Exception: Unknown table")))
        });
        assert!(answer.await.unwrap_err().to_string().starts_with("rows: "));
        assert_eq!(asked, 1);
    }
}
