//! Work that did not come to its end.

use std::io::ErrorKind;

use crate::cli::Exit;
use crate::cli::error::{Failure, ServiceAnswer};
use crate::cli::output::typed::{self, quoted};
use crate::codes;
use crate::ops::Error;
use crate::ops::caller::REFUSAL;
use crate::ops::chip::NoChip;
use crate::ops::shell::NoShell;
use crate::ops::wait::Awaited;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        let failure = |exit| Self::new(exit, message.clone());
        match error {
            Error::Cloud(error) => (*error).into(),
            Error::Upload(error) => (*error).into(),
            Error::Pending { awaited, .. } => {
                failure(Exit::Pending).hint(how_to_go_on(&awaited, &typed::without_timeout()))
            }
            Error::Interrupted { signal, awaited, .. } => {
                let failure = failure(Exit::by_signal(signal));
                match awaited {
                    Some(awaited) => failure.hint(how_to_go_on(&awaited, &typed::command())),
                    None => failure,
                }
            }
            Error::NoSuchImage(_) => failure(Exit::NotFound).hint("see what there is: faascmd image ls"),
            Error::NoSuchObject { .. } => failure(Exit::NotFound).hint("see what there is: faascmd object ls"),
            Error::BuildFailed(image) => failure(Exit::TaskFailed)
                .hint(format!("read why: {}", typed::with_settings(&format!("faascmd image log {}", image.uuid))))
                .hint("when that is mended, the same command builds anew"),
            Error::LoadFailed { instance_id, fpga_uuid, .. } => failure(Exit::TaskFailed)
                .hint(format!(
                    "see what the chip says: faascmd fpga status --instance-id {instance_id} --fpga {fpga_uuid}"
                ))
                .hint(format!("load it once more: {}", typed::command())),
            Error::LoadReplaced { .. } => failure(Exit::Conflict)
                .hint("somebody else loads into this chip: agree with them first")
                .hint(format!("then: {}", typed::command())),
            Error::Fleet(error) => (*error).into(),
            Error::Chip(error) => of_chip(&error),
            Error::Shell(error) => of_shell(&error),
            Error::CallerType { .. } => of_caller(&message),
            Error::Unfit { path, exam } => {
                let advice = exam.errors().next().map(|finding| finding.advice.clone());
                let file = path.display().to_string();
                let failure = advice.into_iter().fold(failure(Exit::Fault), Self::hint);
                failure
                    .hint(format!("see all that was found: faascmd check {}", quoted(&file)))
                    .hint("--no-check sends it all the same")
            }
            Error::ShellRefused { reported, .. } => failure(Exit::Usage)
                .hint(format!("leave out --shell, or give --shell {reported}"))
                .hint("--force builds it all the same"),
            Error::UnknownType { .. } => {
                failure(Exit::Usage)
                    .hint("name it: --fpga-type intel, or --fpga-type xilinx (create_image: --fpgatype)")
            }
            Error::NoTests(_) => failure(Exit::Usage).hint("leave out --test"),
            Error::NoFreeKey(_) => failure(Exit::Conflict).hint("choose another: --key KEY"),
            Error::Busy { .. } => failure(Exit::Conflict).hint("without --no-wait it is waited for"),
            Error::DriverInUse { driver, .. } => failure(Exit::Conflict)
                .hint(format!("sudo rmmod {driver}"))
                .hint(typed::command())
                .hint(format!("sudo modprobe {driver}    (--force loads with the driver in place)")),
            Error::Unanswered(error) => {
                let mut failure = Self::from(*error);
                failure.message = message;
                failure.hints.insert(0, "see whether it is there: faascmd image ls".to_owned());
                failure.hints.insert(1, format!("this looks for it first: {}", typed::command()));
                failure.hints.truncate(3);
                failure
            }
            Error::NoState { path, .. } => failure(Exit::Failed)
                .hint(format!("ls -ld {}", quoted(&path.display().to_string())))
                .hint("or keep the state elsewhere: XDG_STATE_HOME=/another/folder"),
            Error::Driver { line, .. } => {
                failure(Exit::NoDevice).hint(format!("sudo {line}")).hint(typed::command())
            }
            Error::NoNode { .. } => failure(Exit::NoDevice)
                .hint("`lspci -d 10ee:` shows whether the card is there; dmesg tells what the driver met")
                .hint("echo 1 > /sys/bus/pci/rescan"),
            Error::File { path, error } => of_file(message, &path.display().to_string(), error.kind()),
        }
    }
}

/// The command that goes on waiting, or that goes on where the work stopped.
fn how_to_go_on(awaited: &Awaited, command: &str) -> String {
    match awaited {
        Awaited::Image(uuid) => {
            let wait = typed::with_settings(&format!("faascmd image wait {uuid}"));
            format!("it goes on in the cloud; wait for it: {wait}")
        }
        Awaited::Load { instance_id, fpga_uuid, image_uuid } => {
            let image = image_uuid.iter().map(|uuid| format!(" --image {uuid}")).collect::<String>();
            let wait = format!("faascmd fpga wait --instance-id {instance_id} --fpga {fpga_uuid}{image}");
            format!("it goes on in the cloud; wait for it: {}", typed::with_settings(&wait))
        }
        Awaited::Turn(_) | Awaited::Lock(_) | Awaited::Hosts(_) => format!("go on: {command}"),
    }
}

fn of_chip(error: &NoChip) -> Failure {
    let message = error.to_string();
    match error {
        NoChip::None { .. } => Failure::new(Exit::NotFound, message)
            .hint("only f1, f2 and f3 instances have FPGAs: check --instance-id"),
        NoChip::Unknown { .. } => Failure::new(Exit::NotFound, message)
            .hint("name one of them by its UUID or by the number before it: --fpga 0"),
        NoChip::OtherType { .. } => {
            Failure::new(Exit::Usage, message).hint("leave out --fpga, or name one that fits")
        }
        NoChip::Unfit { .. } => Failure::new(Exit::Usage, message)
            .hint("choose the instance that has such a chip (--instance-id), or a file made for this one"),
        NoChip::Several { .. } => Failure::new(Exit::Usage, message)
            .hint("name one of them by its UUID or by the number before it: --fpga 0"),
    }
}

fn of_shell(error: &NoShell) -> Failure {
    let failure = Failure::new(Exit::Usage, error.to_string());
    match error {
        NoShell::Unreported => failure.hint("name it: --shell SHELL; `faascmd fpga ls` shows what the chips report"),
        NoShell::NoEarlierImage => failure.hint(
            "name it: --shell V1.1 for a file made with dcp1_1 (2019 and later), --shell V1.0 for one made with dcp1_0",
        ),
    }
}

/// Said as the service would have said it, so that scripts need to know one form only.
fn of_caller(message: &str) -> Failure {
    let (service, action) = ("faas", "CreateFpgaImageTask");
    let mut failure = Failure::new(Exit::Config, format!("{REFUSAL}: {message}"));
    failure.service = Some(Box::new(ServiceAnswer {
        service,
        action: action.to_owned(),
        code: Some(REFUSAL.to_owned()),
        ..ServiceAnswer::default()
    }));
    let advice = codes::advice(service, action, REFUSAL);
    let failure = advice.into_iter().fold(failure, Failure::hint);
    failure.hint("--force asks the service all the same")
}

fn of_file(message: String, path: &str, kind: ErrorKind) -> Failure {
    match kind {
        ErrorKind::NotFound => Failure::new(Exit::NotFound, message),
        ErrorKind::InvalidInput | ErrorKind::IsADirectory => Failure::new(Exit::Usage, message)
            .hint("give the compiled file: a .gbs, or the .tar.gz of the packaging script"),
        _ => Failure::new(Exit::Failed, message).hint(format!("ls -l {}", quoted(path))),
    }
}
