//! The log: one line an event, for people or for programs. What is logged while a request is answered carries the
//! request's id, taken from the task: no span is made, so a request that logs nothing pays nothing.

use std::fmt::{Debug, Write as _};

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::config::LogFormat;
use crate::services::audit::request_id;

/// The field that names the request.
const REQUEST_ID: &str = "request_id";

/// Starts the log on standard error. `filter` was checked when it was read.
pub(super) fn start(filter: &str, format: LogFormat) {
    let filter = EnvFilter::try_new(filter).unwrap_or_default();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .event_format(Line(format))
        .with_writer(std::io::stderr)
        .init();
}

/// Has a panic logged by its place in the source alone: its message may be what somebody has sent.
pub(super) fn hide_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a panic: the program has a fault there");
    }));
}

/// Writes an event as one line.
struct Line(LogFormat);

/// The fields of an event, in their order.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> std::fmt::Result {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut fields = fields.0;
        if !fields.contains_key(REQUEST_ID)
            && let Some(id) = request_id()
        {
            fields.insert(REQUEST_ID.to_owned(), Value::from(&*id));
        }
        let mut time = String::new();
        SystemTime.format_time(&mut Writer::new(&mut time))?;
        // Libraries that log by other means tell their place in fields of their own.
        let told = fields.get("log.target").and_then(Value::as_str).map(ToOwned::to_owned);
        fields.retain(|name, _| !name.starts_with("log."));
        let target = told.as_deref().unwrap_or_else(|| event.metadata().target());
        let level = event.metadata().level();
        let message = fields.remove("message").unwrap_or_default();
        let line = match self.0 {
            LogFormat::Json => as_json(time, level.as_str(), target, message, fields),
            LogFormat::Text => as_text(&time, level.as_str(), target, &message, &fields),
        };
        writeln!(writer, "{line}")
    }
}

fn as_json(time: String, level: &str, target: &str, message: Value, fields: Map<String, Value>) -> String {
    let mut line = Map::new();
    for (name, value) in
        [("timestamp", time.into()), ("level", level.into()), ("target", target.into()), ("message", message)]
    {
        line.insert(name.to_owned(), value);
    }
    for (name, value) in fields {
        line.entry(name).or_insert(value);
    }
    Value::Object(line).to_string()
}

fn as_text(time: &str, level: &str, target: &str, message: &Value, fields: &Map<String, Value>) -> String {
    let mut line = format!("{time} {level:>5} {target}: {}", one_line(message.as_str().unwrap_or_default()));
    for (name, value) in fields {
        let text = value.as_str().map_or_else(|| value.to_string(), one_line);
        // Writing to a text cannot fail.
        let _ = write!(line, " {name}={text}");
    }
    line
}

/// Nothing that was sent to us may begin a line of its own in the log.
fn one_line(text: &str) -> String {
    text.chars()
        .flat_map(
            |character| {
                if character.is_control() { character.escape_default().collect() } else { vec![character] }
            },
        )
        .collect()
}

#[cfg(test)]
mod tests {
    use std::panic::{catch_unwind, set_hook, take_hook};
    use std::sync::{Arc, Mutex};

    use serde_json::json;

    use super::*;
    use crate::services::audit::{Source, from_source};

    /// A log that is kept.
    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// What is logged when a request panics over something secret.
    fn logged(format: LogFormat) -> String {
        let kept = Kept::default();
        let writer = kept.clone();
        let subscriber =
            tracing_subscriber::fmt().event_format(Line(format)).with_writer(move || writer.clone()).finish();
        let before = take_hook();
        hide_panics();
        tracing::subscriber::with_default(subscriber, || {
            let work = from_source(Source::Request("r-42".into()), async {
                catch_unwind(|| "张三的答案".parse::<u8>().expect("张三")).unwrap_err();
            });
            actix_web::rt::System::new().block_on(work);
        });
        set_hook(before);
        let bytes = kept.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_panic_is_logged_by_its_place_and_request_and_not_by_what_it_says() {
        let json = logged(LogFormat::Json);
        let line: Value = serde_json::from_str(json.trim()).expect(&json);
        assert_eq!((&line["level"], &line["request_id"]), (&json!("ERROR"), &json!("r-42")));
        assert!(line["place"].as_str().unwrap().starts_with("src/cli/log.rs:"), "{line}");
        let text = logged(LogFormat::Text);
        assert!(text.contains("place=src/cli/log.rs:") && text.contains("request_id=r-42"), "{text}");
        for log in [json, text] {
            assert!(!log.contains("张三"), "{log}");
            assert_eq!(log.lines().count(), 1, "{log}");
        }
    }

    #[test]
    fn an_event_is_one_line_in_either_format() {
        let fields = || match json!({"request_id": "abc", "status": 503, "reason": "a\nb"}) {
            Value::Object(fields) => fields,
            _ => unreachable!(),
        };
        let text = as_text("T", "WARN", "qianti::x", &json!("busy"), &fields());
        assert_eq!(text, "T  WARN qianti::x: busy reason=a\\nb request_id=abc status=503");
        let line = as_json("T".into(), "WARN", "qianti::x", json!("busy"), fields());
        assert!(!line.contains('\n'));
        let read: Value = serde_json::from_str(&line).unwrap();
        assert_eq!((&read["status"], &read["reason"]), (&json!(503), &json!("a\nb")));
        assert_eq!((&read["level"], &read["message"]), (&json!("WARN"), &json!("busy")));
    }
}
