//! The wording of everything planted in the set `test`: other templates, menus,
//! biographies, disclaimers and captions than those of `wording_tune.rs`.

/// Planted wording, in the rule format of `grammar.rs`.
pub const WORDING: &str = "
paper:
  Herald | Tribune | Standard | Dispatch | Star | Echo | Register | Argus | Sentinel | Telegram
section:
  World | Economy | Football | Arts | Medicine | Technology | Crime | Schools | Environment | Comment | Agriculture | Transport
menu:
  Front page | Breaking | Region | Forecast | Death notices | Small ads | Careers | Real estate | Sudoku | Readers' views
  Audio | Watch | Events calendar | Restaurants | Cars | Neighbourhoods | In pictures | Past issues | Send us a story
  Log in | Membership | E-paper | Games and quizzes | Email briefings | Public notices | Roads and rail | Lifestyle
top:
  Jump to content | Register free or log in | Welcome back, reader | Enter a keyword to look through our pages
  We need your consent to store data on this device | {@town}'s own newspaper, founded {@since} | Newsroom hotline: {@phone}
  Become a patron of the {@paper} and read without interruptions | Toggle navigation | Switch to the mobile version
crumb:
  Front page / {@section} | {@section} desk | Sections: {@section} | More {@section} from {@paper}
stamp:
  {@date} - {@time} | Posted: {@time} on {@date} | Modified {@n} hours ago | Reading time: {@n} minutes. Filed {@date}
  Filed {@n} days ago; revised {@date} | Edition of {@date}, page {@n}
share:
  Tweet | Post to your timeline | Forward by mail | Bookmark | Pass it on | Recommend this piece to others | Show larger type
  Join {@town} readers on our social channels | Play audio version | Get a printable copy
mid:
  Continue reading below the video | Ad | Promoted | Keep scrolling to see all the pictures | Please wait while the player loads
  Were you there? Send pictures to desk@{@site} | Turn on notifications from the {@paper} to hear it first | Partner content
mid_words:
  {@reporter}\u{2019}s investigation {@work} can be found on our {@section} page. | Buy {@work} by {@surname} at a discount in our shop.
  In this week\u{2019}s magazine: {@reporter} on {@work}. | Our reviewer {@reporter} gave {@work} four stars out of five.
  An extract from {@work}, the new book by {@surname}, is available to members. | Join {@reporter} for a live evening about {@work} in {@town2}.
tail_words:
  Read everything {@reporter} has written | All our {@section} coverage in one place | {@reporter} answers questions about {@section} every week
  Previous in {@section}: {@surname} and the making of {@work} | Send {@reporter} a message about this {@section} item
tail_digits:
  {@n} reactions | Discussion: {@n} replies so far | Rated {@m}.{@n} by our visitors | Item {@n}-{@m}
  Seen by {@n} readers on {@date} | {@n} votes, {@m} shares
related:
  Read next | Popular today | From the same author | Worth your time | Others are reading | Top of the {@paper}
bio:
  Our {@section} correspondent {@reporter} has worked at the {@paper} since {@since}.
  Written by {@reporter}, who looks after {@section} at the {@paper}. Telephone {@phone}.
  {@reporter} reports from {@town} and the surrounding district, mainly on {@section}.
  {@reporter}, {@section} editor, grew up in {@town} and studied history.
appeal:
  Readers pay for most of what we do. A membership of the {@paper} costs less than you think.
  Never miss a thing in {@town}: let us send you our evening round-up for nothing.
  The {@paper} has no wealthy owner. Chip in now and help us to carry on.
  Try the digital {@paper} for eight weeks, cancel whenever you want.
  Keep up with {@town}. Choose your briefing and we will do the rest.
note:
  We close discussions after a week; abusive posts are deleted without warning.
  Guest contributors write in their own name, and the {@paper} does not necessarily agree.
  Spotted a mistake? Tell readers-editor@{@site} and we will look into it.
  Some of our pages carry links for which retailers pay us.
  How we work: the {@paper} is bound by the rulings of the press council.
footer:
  Who we are | Get in touch | Data protection | Legal notice | Place an advertisement | Vacancies | Index of pages
  Editorial guidelines | Manage consent | Change of address | Order reprints | Accessibility statement
copyright:
  (c) {@since} {@paper} Company | {@paper} Publishing, {@town}, {@since}. Reproduction only with written permission.
  Content on this site belongs to the {@paper} or to its licensors. | The {@paper}, company no. {@phone}, is part of Lantern Regional Titles
bio_a:
  {@person} was for {small} years a {role} in {@town2} and has published widely on {n:s}.
  The writer, {@person}, divides the year between {@town2} and {@town3}, where a second book on {n:s} is taking shape.
  {@person} holds the chair of {adj} {n:s} at {@town2} and comments on {n:s} for several papers.
  Born in {@town2}, {@person} trained as a {role} before turning to {n:s} and their past.
bio_b:
  {@work2} was shortlisted for the {@town3} medal and has appeared in {small} languages.
  An adviser to {folk} in {@town3}, {@surname} also presents a programme about {adj} {n:s}.
  Travel for this piece was covered by a bursary from the {@town2} society of {n:s}.
  When not writing, {@surname} restores old {n:s} with a {role} and two dogs.
bio_c:
  Letters for {@surname} will be passed on by the editor. | Parts of the text were first given as a talk in {@town3}.
  The usual caveats about personal opinion apply. | No payment was received from anybody mentioned.
wire_a:
  Text by {@agency}, which gathers news of {n:s} and {n:s} on behalf of {small} independent titles.
  Founded in {@since} by {folk}, {@agency} looks into {n:s} and gives its findings to any paper that asks.
  A dispatch of {@agency} lies behind this page; additional work was done in {@town2} by {@person}.
wire_b:
  Titles that take part must name the source and may cut the copy but not rewrite it.
  Donors, among them the {@surname} trust and {small} universities, have no say in what is reported.
  It was translated automatically and then read by one sub-editor, so small slips may remain.
wire_c:
  The {@town3} bureau deals with requests for permission. | Pictures and maps are handled by another firm.
  A list of all participating titles hangs in its {@town3} office. | Queries go to {@person} during working hours.
plea_a:
  Anyone affected by what is told above can talk to the counsellors of {@agency} by day or by night.
  For families who lost their homes in {@town2}, {@agency} is gathering furniture, school bags and offers of a spare room.
  Detectives at {@town2} would like to hear from drivers whose cameras were running on the {n} road at the time.
plea_b:
  The number is {@phone}, and no caller is ever asked for a name or an address. | Parcels may be handed in at the {n} of {@town3} before {hour}.
  A reward put up by {@person} and other {folk} has not yet been claimed by anyone. | Ask for {@person} at {@phone} or write to the {n} in {@town3}.
hour:
  nine | noon | four in the afternoon
credit:
  Credit: {@name} | (Image: {@name}, for Blue Harbour) | Shot by {@name}
caption:
  at work {where}: {@name} with {np} and {np}. | {folk} {verb} {np} while {sg} stands {adj} {where}. | {adj} {n:s} line the road {where}, {small} {unit} from {np}.
  {@name} holds up {np} {when}, watched by {folk}. | view of {np} {where}; {np} can be made out {path} the {n}. | {np}, which {folk} {verb:ed} {when}, {where}.
  {small} of the {n:s} that {@who} {verb:ed} {when} {where}. | {folk} {where} welcome {np} with {n:s} and {n:s}. | {@name} on the way to {verb} {np} {when}.
  in better days: {np} and {np} {where}, about {@year}. | {@who} waits for {np} {where}, {when}. | a {adj} {n} is lowered {path} {np} {where}.
lookalike:
  {folk} who jump to the content of the {n}, {@who} {say}, will find {np} {where}, where {subj} {vp}.
  the discussion drew {small} replies {when}: {subj} {vp}, {folk} {verb:ed} {np}, and {sg} was {adj}.
  membership of the {n} costs less than {folk} think, {@name} {claim} {when}, because {subj} {vp}.
  {@name} has written everything {folk} know of the {n}; even so {subj} {vp} {where} {when}.
  keep up with the {n}, {@who} {say} {where}, and {sg} follows; {subj} {vp}.
  reproduction of the {n} {where} needs written permission {when}, {@org} {claim}, and {subj} {vp}.
  an extract from the {n} file, available to members of {@org}, shows that {subj} {vp} {where}.
  were you there when {subj} {vp}? {folk:cap} {where} {verb:ed} {np}, and pictures of {np} are {adj}.
  filed {small} days ago {where}, the {n} claim was revised {when} after {subj} {vp}.
  popular today {where}, the {adj} {n} was {verb:ed} {when}, and few {folk} knew that {subj} {vp}.
refrain:
  the {n} calls, the {n} calls | gone down to {adj} water | my {n} is far away | sing it, {folk}, sing | rain upon the {n}
speech:
  \u{201c}Maybe,\u{201d} said the boy. | \u{201c}Why?\u{201d} | \u{201c}Of course.\u{201d} | She laughed. | \u{201c}Not yet,\u{201d} he answered.
speech_long:
  \u{201c}Because {quoted}.\u{201d} | \u{201c}They say {quoted},\u{201d} she went on. | \u{201c}Well, {quoted}.\u{201d}
cell:
  Present | Absent | - none - | High | Low | Medium | 3 | 4 | 5
row_head:
  {@town2} United | {@town2} Athletic | District of {@town2} | {@town2} East
table_head:
  League positions {where} {when}: | Attendance at the {n} {where}: | Levels measured {where}, {when}:
";
