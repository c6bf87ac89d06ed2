//! Giving out certificates, and checking their codes.

use super::certificate::{Certificate, new_code, read_code, read_name};
use super::day::Moment;
use super::library::{Library, Series};
use super::message::{self, LearningRefusal};
use super::store;
use crate::chart;
use crate::discord::Reply;
use crate::error::Result;
use crate::ids::{GuildId, UserId};
use crate::services::Services;

fn find(library: &Library, name: &str) -> Result<Series> {
    Ok(library.find_series(name).ok_or_else(|| LearningRefusal::UnknownSeries(name.to_owned()))?.clone())
}

/// Asks for the name, with the one used before, or else the name on the server, filled in.
pub(super) async fn ask_name(
    services: &Services,
    library: &Library,
    guild: GuildId,
    user: UserId,
    shown_name: &str,
    series: &str,
) -> Result<Reply> {
    let series = find(library, series)?;
    let asked = series.clone();
    let (issued, finished) = services
        .store
        .read(move |tx| {
            Box::pin(async move {
                let issued = store::find_certificate(tx, guild, user, &asked.name).await?;
                Ok((issued, store::finished_at(tx, guild, user, &asked).await?.is_some()))
            })
        })
        .await?;
    if issued.is_none() && !finished {
        return Err(LearningRefusal::SeriesOpen(series.title).into());
    }
    let name = issued.map_or_else(|| shown_name.to_owned(), |issued| issued.name);
    Ok(Reply::Ask(message::name_form(&series, &name)))
}

/// Issues the certificate and draws it. One that was issued before is given again, with its code and day, even if the series has grown.
pub(super) async fn issue(
    services: &Services,
    library: &Library,
    guild: GuildId,
    user: UserId,
    name: &str,
    series: &str,
) -> Result<Reply> {
    let series = find(library, series)?;
    let name = read_name(name).ok_or(LearningRefusal::NoName)?;
    let (code, moment) = (new_code()?, Moment::of(services));
    let certificate = services
        .store
        .write(move |tx| {
            Box::pin(async move {
                let issued = store::find_certificate(tx, guild, user, &series.name).await?;
                let finished_at = store::finished_at(tx, guild, user, &series).await?;
                let day = moment.on(tx, guild).await?;
                let finished_on = match (&issued, finished_at) {
                    (Some(issued), _) => issued.finished_on,
                    (None, Some(at)) => day.date(at),
                    (None, None) => return Err(LearningRefusal::SeriesOpen(series.title).into()),
                };
                let certificate = Certificate { code, name, series_title: series.title, finished_on };
                store::issue(tx, guild, user, &series.name, &certificate).await
            })
        })
        .await?;
    let work = async move {
        let picture = chart::draw(certificate.svg()).await?;
        Ok(message::certificate(&certificate, picture))
    };
    Ok(Reply::Later { visible: false, work: Box::pin(work) })
}

/// Says what a code stands for.
pub(super) async fn verify(services: &Services, text: &str) -> Result<Reply> {
    let code = read_code(text).ok_or(LearningRefusal::NotACode)?;
    let asked = code.clone();
    let found = services.store.read(move |tx| Box::pin(async move { store::find_by_code(tx, &asked).await })).await?;
    match found {
        Some(certificate) => Ok(Reply::Say(message::verified(&certificate))),
        None => Err(LearningRefusal::NoSuchCertificate(code).into()),
    }
}
