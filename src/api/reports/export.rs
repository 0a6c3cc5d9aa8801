//! Reports as files, sent while they are written.

use actix_web::HttpResponse;
use actix_web::http::header::{self, ContentEncoding};
use actix_web::web::Bytes;
use futures_util::StreamExt as _;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::api::download::attachment;
use crate::formats::sheets::SheetFormat;
use crate::services::ServiceError;
use crate::services::reports::Export;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct ExportParams {
    /// `xlsx` (when it is left out) or `csv` (UTF-8 with a byte order mark).
    #[serde(default)]
    #[param(inline)]
    pub(in crate::api) format: ExportFormat,
}

#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::api) enum ExportFormat {
    /// A workbook.
    #[default]
    Xlsx,
    /// Comma-separated values.
    Csv,
}

/// Half a file is on its way: all that is left to do is to end it early, which the reader notices.
pub(in crate::api) fn cut_off(error: &ServiceError) {
    tracing::error!(%error, "a file could not be written to its end");
}

/// An answer that a browser saves as a file while it comes in.
pub(in crate::api) fn stream_table(name: &str, format: ExportFormat, export: Export) -> HttpResponse {
    let format = match format {
        ExportFormat::Xlsx => SheetFormat::Xlsx,
        ExportFormat::Csv => SheetFormat::Csv,
    };
    let disposition = attachment(&format!("{name}.{}", format.extension()));
    let pieces = export.send(format).map(|piece| piece.map(Bytes::from).inspect_err(cut_off));
    let mut response = HttpResponse::Ok();
    response
        .content_type(format.media_type())
        .insert_header(disposition)
        .insert_header((header::CACHE_CONTROL, "no-store"));
    if format == SheetFormat::Xlsx {
        // It is compressed already.
        response.insert_header(ContentEncoding::Identity);
    }
    response.streaming(pieces)
}
