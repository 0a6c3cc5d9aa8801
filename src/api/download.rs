//! Answers that a browser saves as files.

use actix_web::http::header::{ContentDisposition, DispositionParam, DispositionType};
use actix_web::{HttpResponse, HttpResponseBuilder};

/// Has a browser save the answer under `name`.
pub(super) fn attachment(name: &str) -> ContentDisposition {
    ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![DispositionParam::Filename(name.to_owned())],
    }
}

/// A file that stands in memory as a whole.
pub(super) fn download(
    mut response: HttpResponseBuilder,
    name: &str,
    media_type: &str,
    content: Vec<u8>,
) -> HttpResponse {
    response.content_type(media_type).insert_header(attachment(name)).body(content)
}
