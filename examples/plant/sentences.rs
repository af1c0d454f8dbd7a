//! The body grammar, shared by both sets: clause patterns, noun phrases,
//! openers, tails, quotations and headlines. Fixed runs of words are kept short,
//! so that two articles share few word 5-grams.

/// Sentence rules; `{x}` expands rule x, `{?x}` one time in three, `{@x}` is a
/// slot filled by the article (people, towns, numbers), `{x:ed}` inflects and `_`
/// is a space that must not be trimmed.
pub const SENTENCES: &str = "
n:
  {@topic} | {@topic} | {noun}
sg:
  the {n} | the {adj} {n} | a {adj} {n} | the {adj} {n} {path} the {n} | the {n} in {@town2} | its {adj} {n} | a {n} {whose}
  every {n} in the {adj} {n} | the {n}'s {adj} {n} | {@town2}'s {n} | a {n} for {adj} {n:s} | the {adj}, {adj} {n}
  a {adj} {n} from {@town2} | the {n} {path} {@town2} | the {@ord} {n} since {@year} | his {n} | her {adj} {n}
  the {n} that {folk} {verb:ed} | the {adj} {n} which {@who} {verb:ed} | the {month} {n} | {@town}'s {adj} {n}
pl:
  the {n} and the {adj} {n} | {small} {adj} {n:s} | more than {@num} {n:s} | plans for a {adj} {n} | {n:s} and {n:s}
  a pair of {adj} {n:s} | the {adj} {n:s} of {@town2} | {n:s} {path} the {n} | most {adj} {n:s} in {@town2}
np:
  {sg} | {sg} | {sg} | {pl}
whose:
  worth {@money} | owned by {@org} | built in {@year} | with {@num} {unit} | without a {n} | full of {adj} {n:s}
  designed by {@name} | that {folk} rarely {verb:ed} | once used as a {n} | no bigger than a {n}
subj:
  {@who} | {@who} | {@org} | {folk} | {folk} in {@town2} | {adj} {folk} | the {adj} {n} | {@org}'s {role} | a {role} from {@town2}
  {small} {folk} | {@name}, a {adj} {role}, | most {folk} | {folk} and {folk} | the {n}'s owners | {@name}, {@age},
  a {adj} group of {folk} | {@who} and {@name} | the {role} of {@org} | one of the {folk}
vp:
  {?adv}{verb:ed} {np} | {verb:ed} and {verb:ed} {np} | {verb:ed} {np} and {verb:ed} {np} | agreed to {verb} {np}
  promised to {verb} {np} | refused to {verb} {np} | began {verb:ing} {np} | stopped {verb:ing} {np} {when}
  had {verb:ed} {np} {when} | voted {@votes} to {@votes} against {np} | spent {@money} on {np} | paid {@money} to {verb} {np}
  asked {@org} to {verb} {np} | urged {folk} to {verb} {np} | took {small} weeks to {verb} {np} | helped {folk} {verb} {np}
  won {np} | lost {np} to {@org} | never {verb:ed} {np} | {verb:ed} {np} without {verb:ing} {np} | sent {np} to {@town2}
  tried to {verb} {np} by {verb:ing} {np} | had been {verb:ing} {np} since {@year} | kept {np} {path} the {n}
  saw {np} {verb:ed} by {folk} | counted {@num} {n:s} {path} {np} | did not {verb} {np} | could {verb} {np} only {when}
adv:
  {adverb}_
when:
  on {weekday} | last {weekday} | in {month} | in {month} {@year} | before {season} | after {np} {verb:ed} {np} | in {@year}
  {small} years ago | late on {weekday} | during {season} | {small} days later | on {@day} {month} | by {@hour} on {weekday}
  {small} nights ago | in mid-{month} | at the end of {month} | every {weekday} | early in {month} | overnight | at dawn
  within {small} hours of {np} | shortly before {@hour} | for the {@ord} time | in less than {small} days
where:
  in {@town2} | near {@town2} | at {@org} | outside {np} | beside {np} | {path} the {n} | across {@town} | on the road to {@town2}
  in a {n} {path} {@town2} | {@num} {unit} from {@town} | between {@town} and {@town2} | at {@name}'s {n}
opener:
  {when:cap}, | {where:cap}, | {where:cap} and {where}, | despite {np}, | with {np} {verb:ed}, | after {verb:ing} {np},
  having {verb:ed} {np}, | while {folk} {verb:ed} {np}, | although {subj} {vp}, | because {sg} was {adj}, | as {folk} {vp},
  instead of {verb:ing} {np}, | for {folk}, | once {sg} was {verb:ed}, | unlike {np}, | if {sg} {thing_act}, | {adverb},
  by {weekday}, | to {verb} {np}, | when {subj} {vp}, | since {@year}, | until then, | even so, | in the end, | elsewhere,
  meanwhile, | in {@town2}, | that same {weekday}, | at {@hour},
tail:
  , {verb:ing} {np} | , which {folk} {verb:ed} | _{when} | _{where} | , despite {np} | , although {subj} {vp}
  , while {folk} {verb:ed} {np} | , leaving {np} {adj} | , {@who} {say} | , a {n} that cost {@money} | , mostly in {@town2}
  , so {subj} {vp} | _because {sg} was too {adj} | , and {subj} {vp} | , but {subj} {vp} | , according to {@name}
  , in part to {verb} {np} | , one {role} {say} | _{when}, {where} | , as {folk} had {verb:ed} {when} | , down from {@num} in {@year}
  , up {@pct} on {@year} | , the {@ord} such {n} {when} | _rather than {verb} {np} | _for {small} weeks | _until {month} | _from {month} to {month}
sentence:
  {subj} {vp}{?tail}. | {opener} {subj} {vp}. | {opener} {subj} {vp}{tail}. | {subj} {claim} that {subj} {vp}{?tail}.
  {subj} {vp}, and {subj} {vp}. | {subj} {vp}; {subj} {vp}. | {sg} was {verb:ed} {when}{?tail}. | {np} {where} was {adj}, {subj} {claim}.
  the {n} cost {@money}, {@pct} more than {np}. | about {@num} {unit} were {verb:ed} {when}{?tail}.
  {subj}, who {vp} {when}, {vp}. | {subj}, whose {n} was {verb:ed} {when}, {claim} that {sg} was {adj}.
  {opener} {sg} was {verb:ed}, and {subj} {vp}. | there were {@num} {n:s} {where} {when}, {@org} {claim}.
  what {subj} {verb:ed} was {np}, not {np}. | neither {subj} nor {subj} {verb:ed} {np} {when}.
  of {@num} {n:s}, only {small} were {adj} {when}. | {when:cap} {subj} {vp}, but {subj} {vp}.
  the mood {where} was {mood} as {subj} {vp}. | {subj} {vp} {when}; a {adj} {n} followed {where}.
  not only {folk} but also {subj} {verb:ed} {np}. | {subj} {vp} so that {folk} could {verb} {np}.
  under the {adj} {n}, {subj} must {verb} {np} before {month}. | {subj} would {verb} {np} if {sg} {thing_act}.
  if {sg} {thing_act}, {subj} could {verb} {np} {when}. | nobody {where} {verb:ed} {np} until {subj} {vp}.
  {np}, {whose}, was {verb:ed} {where}{?tail}. | it was {@who} who {verb:ed} {np} {when}. | {subj} {vp}: {np}, {np} and {np}.
  as a {role}, {@who} {vp}{?tail}. | between {month} and {month}, {subj} {vp}. | {small} {folk} {vp}{tail}.
  {subj} did so {when}, {verb:ing} {np} and {verb:ing} {np}. | {folk} called it a {adj} {n}; {subj} called it {np}.
  for {@who}, {np} mattered less than {np}. | {np} rose by {@pct} {when}, while {np} fell by {@pct}.
  to {verb} {np}, {subj} {vp}{?tail}. | with {@num} {n:s} {where}, {subj} {vp}. | {subj} plans to {verb} {np} {when}.
  {subj} {claim} {np} would {verb} {np}, and {@who} {vp}. | until {month}, {subj} {vp} {where}. | yet {sg} {where} remained {adj}{?tail}.
  whether {sg} {thing_act} depends on {np}, {subj} {claim}. | {opener} {folk} {vp}, {verb:ing} {np}.
  the {adj} {n} has {verb:ed} {folk} {when}{?tail}. | {@name}, {@age}, a {role} {where}, {vp}. | {np} replaced {np} {when}.
  {subj} {vp}, {@who} {say}. | both {np} and {np} were {verb:ed} {when}. | {sg} is {adj}, and {sg} is {adj} too, {subj} {claim}.
quoted:
  we {verb:ed} {np} {when} | {sg} is {adj}, and {folk} know it | I never {verb:ed} {np} | you cannot {verb} {np} without {verb:ing} {np}
  {sg} was {adj} long before {subj} {vp} | nobody asked {folk} to {verb} {np} | we will {verb} {np} {when} | {subj} {vp}
  my {n} was {verb:ed} {when} | if {sg} {thing_act}, {folk} will {verb} {np} | {folk} deserve {np}, not {np} | I would rather {verb} {np} than {verb} {np}
  let {folk} {verb} {np} | there is {sg} in every {n} | they {verb:ed} {np} and {verb:ed} {np} | the {n} belongs to {folk}
  either {sg} {thing_act} or {subj} must {verb} {np} | {np} taught {folk} to {verb} {np} | I remember {np} {where}
quote:
  \u{201c}{quoted:cap},\u{201d} {@who} {say}. | \u{201c}{quoted:cap},\u{201d} {say} {@who}. \u{201c}{quoted:cap}.\u{201d}
  {@who} {say}: \u{201c}{quoted:cap}.\u{201d} | \u{201c}{quoted:cap},\u{201d} {@who} {say} {when}, {verb:ing} {np}.
  {opener} {@who} {say}: \u{201c}{quoted:cap}; {quoted}.\u{201d} | \u{201c}{quoted:cap}. {quoted:cap},\u{201d} {@who} {say} {where}.
  \u{201c}{quoted:cap},\u{201d} {@name}, a {role}, {say}{?tail}. | {subj} {claim} that \u{201c}{quoted}\u{201d}{?tail}.
headline:
  {@town} {n} {verb:s} {adj} {n} as {folk} {verb} {n} | {folk:cap} {verb} {adj} {n} after {@town2} {n} {thing_act}
  {role:cap} to {verb} {n} despite {adj} {n} in {@town2} | {@num} {n:s} {verb:ed} as {@town} {n} {thing_act}
  {@town} {folk} fear {adj} {n} could {verb} {n} | why {folk} in {@town} still {verb} the {adj} {n}
  {adj:cap} {n} {verb:ed} {path} {@town} {n}, {folk} say | {@name} {verb:s} {n} and {n} in {adj} {@town} {n}
  inside the {@town} {n} that {verb:ed} {@num} {n:s} | {@town} {verb:s} {@money} {n} to {verb} {adj} {n:s}
  no {n} for {@town} {folk} until {adj} {n} {thing_act} | {adj:cap} {n} and {adj} {n}: {@town} {folk} {verb} {n}
songline:
  the {n} is {adj} and the {n} is {adj} | I went down to the {n} with a {adj} {n} | oh {verb} the {n} and {verb} the {n}
  {small} {n:s} {path} the {n} | my love is a {n} {path} {@town2} | and the {folk} all {verb} the {n} | {when} the {n} was {adj}
  they {verb:ed} my {n} for a {adj} {n} | who will {verb} the {adj} {n} | with a {n} in my hand and a {n} {path} me
";
