//! The wording of everything planted in the set `tune`. The set `test` has its
//! own (`wording_test.rs`) under the same rule names.

/// Planted wording, in the rule format of `grammar.rs`.
pub const WORDING: &str = "
paper:
  Gazette | Courier | Observer | Chronicle | Post | Beacon | Examiner | Bulletin | Mercury | Journal
section:
  Politics | Business | Sport | Culture | Health | Science | Courts | Education | Travel | Opinion | Farming | Housing
menu:
  Home | Latest news | Local | Weather | Obituaries | Classifieds | Jobs | Property | Crossword | Letters | Podcasts | Videos
  What's on | Food and drink | Motoring | Your community | Photo galleries | Archive | Contact the newsroom | My account
  Subscribe now | Today's paper | Puzzles | Newsletters | Court lists | Traffic and travel
top:
  Skip to main content | Sign in or create an account | Support local reporting in {@town} from as little as a coffee a week
  Search the {@paper} | You have reached your limit of free articles this month | Print edition | Accessibility help
  This site uses cookies to remember your choices | Call the newsdesk on {@phone} | The voice of {@town} since {@since}
crumb:
  Home \u{203a} {@section} | You are here: {@paper} / {@section} | News > {@section} > Story | {@section} \u{00b7} {@paper} online
stamp:
  Published {@date} at {@time} | Updated {@n} days ago | Last modified: {@date}, {@time} | {@date} \u{00b7} {@n} min read
  First posted {@n} hours ago, updated at {@time} | Posted on {@date} at {@time} by the web desk
share:
  Share this story | Share on Facebook Share on Twitter Send by email | Email this article to a friend | Copy link
  Print this page | Save for later | Follow us for more stories from {@town} | Listen to this article | Text size A A A
  Like what you read? Tell your friends about the {@paper}
mid:
  Article continues after advertisement | Advertisement | Story continues below | Scroll down for the full gallery
  Read on for more from our team in {@town} | Do you know more? Write to news@{@site} | Sponsored content
  Sign up for breaking news alerts from the {@paper}
mid_words:
  To read {@surname}\u{2019}s report {@work}, please click here. | See also our special series {@work} by {@reporter}.
  Listen: {@reporter} talks about {@work} on our weekly podcast. | Download {@surname}\u{2019}s full paper {@work} as a PDF file.
  Tickets for {@work} are available from the {@town2} box office on our website. | Watch our {@section} team discuss {@work} in the studio.
tail_words:
  More from {@reporter} in {@section} | Follow {@reporter} for the latest {@section} stories | Back to all {@section} stories
  Got a tip about {@section}? Contact {@reporter} in confidence. | Next in {@section}: what {@surname} told us about {@work}
tail_digits:
  {@n} comments | Comments ({@n}) Add yours | {@n} people are reading this now | Shared {@n} times in the last {@m} hours
  Story number {@n}{@m} | Page viewed {@n} times since {@date}
related:
  Related stories | Most read this week | You may also like | Editor's picks | Trending on the {@paper} | Readers also looked at
bio:
  {@reporter} covers {@section} for the {@paper} and can be reached at the newsdesk on {@phone}.
  {@reporter} is a senior reporter at the {@paper}, where {@section} has been the beat since {@since}.
  About the author: {@reporter} writes on {@section} from our office in {@town}.
  {@reporter} joined the {@paper} as a trainee and now edits the {@section} pages.
appeal:
  If you value independent reporting, please consider a small monthly gift to the {@paper} today.
  Get the day's headlines in your inbox every morning. Sign up for the {@paper} newsletter.
  Journalism costs money. Become a member of the {@paper} and keep {@town} informed.
  Enjoying this story? Subscribe to the {@paper} and get your first month free.
  Our reporters live where you live. Back the {@paper} with a subscription.
note:
  Comments are moderated before they appear and may be shortened by our staff.
  The opinions expressed by columnists are their own and not those of the {@paper}.
  To report an error in this story, write to corrections@{@site}.
  We may earn a commission when you buy through links on our pages.
  The {@paper} follows a published code of conduct, which readers can consult at any time.
footer:
  About us | Contact us | Privacy policy | Terms and conditions | Advertise with the {@paper} | Work for us | Site map
  Complaints procedure | Cookie settings | Delivery and subscriptions | Buy a photo | Modern slavery statement
copyright:
  \u{00a9} {@since} {@paper} Media. All rights reserved. | Copyright {@since}, the {@paper} of {@town}. No part may be copied without consent.
  Published by {@paper} Newspapers Ltd, {@town}. Registered office: {@phone} Quay Street. | \u{00a9} The {@paper}, a member of the {@town} Press Group
bio_a:
  {@person} is a {role} and the author of {@work}, a study of {n:s} and {folk}.
  {@person}, who lives in {@town2}, has written about {n:s} and {n:s} for over {small} years.
  A former {role}, {@person} now teaches at the institute for {n:s} in {@town2}.
  {@person} edits a quarterly on {n:s} and lectures widely on {adj} {n:s}.
bio_b:
  Earlier books by {@surname} include {@work2}, which won a prize in {@town2}.
  {@surname} served on the {@town2} commission on {n:s} and advised {small} governments.
  The research behind this column was paid for by the {@town2} foundation for {n:s}.
  {@surname} keeps bees, plays the cello and is at work on a history of the {n}.
bio_c:
  Readers may write to the author in care of this newspaper. | A longer version of this essay appeared in {@work2}.
  Views given here are personal and bind no institution. | The author has no shares in any company named above.
wire_a:
  This article was supplied by {@agency}, a cooperative of {small} newsrooms that report on {n:s} and {n:s}.
  {@agency} is a nonprofit service which covers {n:s} across the region and shares its work without charge.
  Reporting for this story came from {@agency}, with help from its correspondents in {@town2} and {@town3}.
wire_b:
  Member papers may print its dispatches in full provided that the credit line stays in place.
  Its work is paid for by readers, by the {@town2} fund for {n:s} and by a grant from the {@surname} family.
  The editors of this paper were not involved in the preparation of the text and have not checked each fact.
wire_c:
  Sign up for its dispatches at the agency's own site. | Corrections should be sent to the desk in {@town3}.
  Photographs may not be reused without a separate licence. | The service began in {@town3} in {@since}.
plea_a:
  If you or someone you know is troubled by the matters described here, trained listeners at {@agency} are ready to help.
  The {@town2} relief appeal run by {@agency} still needs blankets, tinned food and volunteers with their own vehicles.
  Police in {@town2} ask anyone who saw the events of that night to come forward, whatever they may have been doing there.
plea_b:
  Calls to {@phone} are free from any telephone and will not appear on a bill. | Gifts of any size can be left at the {n} in {@town3} on working days.
  Information may be given without leaving a name by ringing {@phone} at any hour. | Every offer, however small, will be answered by {@person} and a team of {folk}.
credit:
  (Photo: {@name}) | Photograph by {@name} | (Picture: {@name}/Northlight)
caption:
  {@name} and {small} {folk} {verb} {np} {where} {when}. | {sg}, seen here {where}, {was} {adj} {when}. | {folk} gather {where} to {verb} {np}.
  {np} {where}, pictured {when} by a passing {role}. | {@who} shows {np} to {folk} {where}. | a {role} carries {np} past {np} {when}.
  {small} {folk} wait {where} as {sg} {thing_act}. | {@name}, left, and {@name}, {verb:ing} {np} {where}. | from above: {np} {where}, with {np} {path} it.
  the {adj} {n} {where}, where {folk} {verb:ed} {np}. | {@who}, {@age}, beside {np} that {folk} {verb:ed} {when}. | {np} after {folk} {verb:ed} it {when}.
was:
  was | looked | stood
lookalike:
  to read the {n}'s ruling in full, {@who} {say}, {folk} had to visit {np} {where}, and {subj} {vp}.
  more from the {n} in {@town2} is expected {when}, when {subj} {vp} and {folk} {verb} {np}.
  sign up for the {n} early, {@who} {say}, because {np} {where} was {adj} and {folk} {vp}.
  all rights to the {n} were reserved for {folk} {where}, {@org} {claim}, although {subj} {vp}.
  the {n}, first published {when}, was updated {small} days ago by {@name}, who {vp} {where}.
  support for local reporting of {n:s} is growing {where}, {@who} {say}, now that {subj} {vp}.
  about {small} comments on the {n} reached {@org} {when}; {subj} {vp}, and {folk} {verb:ed} {np}.
  follow {@name} {where} {when} and the reason is plain: {subj} {vp}, and {sg} was {adj}.
  share this {n} with {folk}, {@who} {say} {when}, or {subj} would {verb} {np} {where}.
  contact with the newsroom was lost {when}, {@name} {claim}, after {subj} {vp} {where}.
refrain:
  carry me {n} home again | roll on, {adj} {n} | low sings the {n} tonight | never leave the {adj} {n} | hey ho, the {n}
speech:
  \u{201c}Yes,\u{201d} she said. | \u{201c}No,\u{201d} he said. | \u{201c}Go on.\u{201d} | \u{201c}I know.\u{201d} | He nodded.
speech_long:
  \u{201c}{quoted:cap}?\u{201d} | \u{201c}But {quoted}.\u{201d} | \u{201c}So {quoted}?\u{201d} he asked.
cell:
  Yes | No | n/a | Won | Lost | Drawn | 0 | 1 | 2
row_head:
  {@town2} Rovers | {@town2} Town | Ward of {@town2} | {@town2} and {@town2}
table_head:
  Results {where}, {when}: | How {folk} {where} voted on the {n}: | The {n} in figures, {when}:
";
