//! What becomes of an error: words for the person, one whole entry in the log, never one in place of the other.

use crate::error::Error;
use crate::post::Post;

/// No letters or digits that are mistaken for one another when read out on the telephone.
const REFERENCE_LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// Turns an error into the message for the person. A fault is logged here, whole and once, under the reference that the person sees.
pub(super) fn words(error: &Error) -> Post {
    match error {
        Error::Refused(sentence) => Post::text(sentence),
        Error::Internal(cause) => {
            let reference = reference();
            tracing::error!(reference, error = format!("{cause:#}"), "An interaction failed");
            Post::text(format!(
                "Something went wrong on our side; nothing you did before was lost. Please try again in a moment. If it happens \
                 again, tell whoever runs cxbot (reference {reference})."
            ))
        }
    }
}

/// Six letters and digits by which a log entry is found again.
fn reference() -> String {
    let mut bytes = [0; 6];
    // Without random numbers the entry is merely harder to find, so the fault must not hide the one being reported.
    let _ = getrandom::fill(&mut bytes);
    bytes.iter().map(|byte| char::from(REFERENCE_LETTERS[usize::from(*byte) % REFERENCE_LETTERS.len()])).collect()
}

/// Describes an error of serenity without what must not be logged: its own text for HTTP errors holds the address, and with it
/// the token of the interaction.
#[must_use]
pub fn describe(error: &serenity::Error) -> String {
    use serenity::http::HttpError;
    match error {
        serenity::Error::Http(HttpError::UnsuccessfulRequest(answer)) => {
            format!(
                "Discord answered {} (code {}): {}",
                answer.status_code.as_u16(),
                answer.error.code,
                answer.error.message
            )
        }
        serenity::Error::Http(HttpError::Request(fault)) => describe_request(fault),
        serenity::Error::Http(_) => "a request to Discord could not be built".to_owned(),
        serenity::Error::Gateway(fault) => format!("the connection to Discord ended: {fault}"),
        serenity::Error::Tungstenite(fault) => format!("the connection to Discord broke: {fault}"),
        serenity::Error::Json(fault) => format!("Discord sent something unexpected: {fault}"),
        serenity::Error::Client(fault) => format!("the Discord client stopped: {fault}"),
        serenity::Error::Model(fault) => format!("the Discord client refused: {fault}"),
        _ => "the Discord client failed".to_owned(),
    }
}

/// Describes a failed request without its address.
pub(super) fn describe_request(fault: &reqwest::Error) -> String {
    let what = if fault.is_timeout() {
        "no answer in time"
    } else if fault.is_connect() {
        "no connection"
    } else if fault.is_body() || fault.is_decode() {
        "the answer broke off"
    } else {
        "the request failed"
    };
    // The innermost cause names the reason ("connection refused") and, unlike the outer layers, never the address.
    let mut cause: &dyn std::error::Error = fault;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    if std::ptr::eq(std::ptr::from_ref(cause).cast::<()>(), std::ptr::from_ref(fault).cast::<()>()) {
        what.to_owned()
    } else {
        format!("{what}: {cause}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_shown_as_written() {
        assert_eq!(words(&Error::refused("The pulse closed on Friday.")), Post::text("The pulse closed on Friday."));
    }

    #[test]
    fn a_fault_shows_a_reference_and_nothing_of_itself() {
        let shown = words(&Error::internal("disk /dev/sda1 is full")).text;
        assert!(!shown.contains("sda1"), "{shown}");
        let reference = shown.split("reference ").nth(1).unwrap().trim_end_matches(").");
        assert_eq!(reference.len(), 6);
        assert!(reference.bytes().all(|letter| REFERENCE_LETTERS.contains(&letter)), "{reference}");
    }

    #[tokio::test]
    async fn a_failed_request_is_described_without_its_address() {
        // Port 9 on loopback: nothing listens there, so the connection is refused.
        let fault = reqwest::Client::builder()
            .no_proxy()
            .build()
            .unwrap()
            .post("http://127.0.0.1:9/api/v10/interactions/1/secret-token/callback")
            .send()
            .await
            .unwrap_err();
        let told = describe(&serenity::Error::Http(serenity::http::HttpError::Request(fault)));
        assert!(told.starts_with("no connection"), "{told}");
        assert!(!told.contains("secret-token"), "{told}");
    }
}
