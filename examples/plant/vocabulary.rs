//! The body vocabulary, shared by both sets: nouns, verbs, adjectives, roles and
//! the syllables of invented names, in the rule format of `grammar.rs`
//! (`name:` and then indented alternatives, separated by ` | `).

/// Lexical rules.
pub const LEXICON: &str = "
noun:
  harbor | bridge | school | market | library | tunnel | orchard | reservoir | clinic | station | depot | festival | museum
  budget | tariff | levy | contract | ballot | petition | motion | tribunal | hearing | verdict | inquiry | audit | permit
  levee | wetland | forest | glacier | river | meadow | quarry | pipeline | turbine | grid | boiler | furnace | mill
  vaccine | ward | nurse | surgeon | patient | trial | laboratory | sensor | satellite | telescope | algorithm | database
  league | stadium | goalkeeper | midfielder | coach | tournament | fixture | marathon | regatta | racecourse | trophy
  novel | gallery | sculpture | orchestra | choir | theatre | documentary | archive | manuscript | exhibition | mural
  farmer | tenant | landlord | commuter | pensioner | voter | apprentice | teacher | pupil | driver | sailor | miner
  loan | mortgage | pension | dividend | merger | invoice | warehouse | supermarket | bakery | brewery | vineyard | hotel
  airport | runway | tram | ferry | railway | junction | roundabout | cycle lane | footpath | crossing | timetable | ticket
  charter | treaty | embargo | border | embassy | garrison | veteran | refugee | convoy | shipment | cargo | container
  storm | flood | drought | landslide | earthquake | heatwave | blizzard | shoreline | cliff | lighthouse | breakwater
  campaign | coalition | manifesto | referendum | caucus | mandate | amendment | statute | ordinance | licence | subsidy
  orphanage | shelter | kitchen | playground | allotment | greenhouse | nursery | cemetery | chapel | cathedral | mosque
  union | strike | wage | shift | roster | overtime | grievance | settlement | dismissal | vacancy | pay scale | workshop
  report | survey | census | forecast | estimate | ledger | memorandum | blueprint | prototype | patent | formula | dataset
  detective | warrant | suspect | burglary | witness | courtroom | appeal | sentence | custody suite | patrol | alarm
  landfill | incinerator | sewer | aquifer | pump | valve | canal | culvert | weir | dredger | trawler | fishery | hatchery
  antenna | router | server | keyboard | battery | charger | engine | gearbox | runabout | tractor | combine
adj:
  narrow | costly | rural | urban | coastal | northern | southern | eastern | western | ageing | temporary | permanent | modest
  ambitious | disputed | popular | unpopular | neglected | restored | crowded | empty | quiet | noisy | fragile | sturdy
  generous | cautious | hasty | detailed | vague | secret | public | private | voluntary | compulsory | seasonal | annual
  monthly | weekly | delayed | unfinished | abandoned | historic | modern | experimental | reliable | faulty | expensive
  cheap | affordable | profitable | bankrupt | independent | regional | municipal | federal | provincial | foreign | domestic
  wooden | concrete | underground | floating | electric | solar | nuclear | organic | frozen | polluted | protected | endangered
  unexpected | long-awaited | controversial | peaceful | violent | rare | frequent | remote | central | outdated | digital
  confidential | preliminary | final | interim | joint | rival | former | newly built | half-finished | well-known | little-known
  critical | minor | serious | severe | mild | sudden | gradual | steady | uneven | record | disappointing | encouraging
  local | national | international | medieval | industrial | agricultural | commercial | residential | charitable | medical
verb:
  approve | reject | delay | discuss | review | question | defend | oppose | support | announce | reveal | confirm | criticize
  welcome | endorse | postpone | launch | abandon | expand | reduce | restore | replace | repair | inspect | examine | monitor
  record | release | publish | deliver | complete | suspend | resume | limit | extend | accept | refuse | challenge | dispute
  settle | clear | close | reopen | secure | protect | damage | improve | measure | test | finance | fund | purchase | acquire
  rename | redesign | relocate | evaluate | investigate | clarify | modify | identify | justify | simplify | ratify | scrutinize
  revise | promote | advertise | subsidize | regulate | license | certify | register | catalogue | display | sponsor | organize
  rescue | evacuate | treat | vaccinate | interview | photograph | document | mention | describe | praise | blame | warn
  visit | tour | survey | reclaim | drain | dredge | plant | harvest | store | export | import | tax | auction | lease
  translate | edit | rehearse | perform | compose | coordinate | supervise | train | recruit | dismiss | reward | insure
  demolish | renovate | assemble | install | disconnect | overhaul | calibrate | simulate | model | predict | explain | ignore
adverb:
  quietly | reluctantly | formally | narrowly | swiftly | openly | privately | unanimously | eventually | briefly | repeatedly
  unexpectedly | gradually | firmly | partly | largely | hurriedly | cautiously | publicly | officially | promptly | jointly
  grudgingly | happily | angrily | politely | carefully | thoroughly | temporarily | provisionally | belatedly | rightly
role:
  councillor | mayor | engineer | inspector | head teacher | historian | biologist | economist | spokesman | spokeswoman
  campaigner | shopkeeper | harbourmaster | union organizer | surgeon | magistrate | prosecutor | defence lawyer | curator
  conductor | goalkeeper | head coach | team captain | farmer | beekeeper | fisherman | ferry captain | train driver | planner
  architect | auditor | treasurer | deputy minister | senator | governor | party chairman | pollster | meteorologist
  geologist | volunteer | parish clerk | librarian | novelist | poet | choreographer | film director | ranger | vet
  firefighter | paramedic | midwife | pharmacist | chief executive | company secretary | shareholder | night porter
folk:
  residents | neighbours | parents | shop owners | union members | drivers | opponents | supporters | officials | visitors
  analysts | critics | organizers | investors | campaigners | students | engineers | rescuers | fishermen | traders | witnesses
  pensioners | scientists | doctors | lawyers | teachers | commuters | growers | tenants | ministers | auditors | planners
body:
  council | harbour board | water authority | trust | planning committee | health service | rail company | growers' union
  chamber of commerce | school board | heritage society | football club | police department | fire brigade | port authority
  housing association | energy firm | weather office | university | teachers' union | transport agency | arts foundation
  wildlife fund | savings bank | county court | election office | shipping line | museum board | parks department
say:
  said | added | argued | explained | insisted | told reporters | noted | conceded | warned | suggested | recalled | claimed
  admitted | replied | remarked | wrote | declared | stressed | acknowledged | told the hearing | told the meeting
claim:
  said | argued | believed | feared | hoped | estimated | suggested | warned | conceded | maintained | calculated | doubted
  learned | complained | predicted | heard | agreed | discovered | concluded | suspected | noted | insisted
weekday:
  Monday | Tuesday | Wednesday | Thursday | Friday | Saturday | Sunday
month:
  January | February | March | April | May | June | July | August | September | October | November | December
season:
  spring | summer | autumn | winter | the rainy season | the holiday season | harvest time | the school term
small:
  two | three | four | five | six | seven | eight | nine | ten | eleven | a dozen | fifteen | twenty | thirty | forty | fifty
unit:
  miles | kilometres | tonnes | hectares | hours | weeks | months | households | vehicles | seats | beds | jobs | visitors | homes
first:
  Jane | Harold | Miriam | Peter | Lucia | Oskar | Ingrid | Tomas | Ruth | Walter | Amina | Joseph | Clara | Dmitri | Elena | Felix
  Greta | Hugo | Irene | Jonas | Katrin | Leon | Marta | Nadia | Olga | Pablo | Quentin | Rosa | Samuel | Teresa | Ulrich | Vera
  Wendy | Xavier | Yvonne | Zachary | Abigail | Bruno | Celia | Daniel | Esther | Frank | Gloria | Henrik | Isabel | Jakob | Karen
  Louis | Monica | Nils | Ophelia | Philip | Ramon | Sylvia | Tobias | Ursula | Victor | Winifred | André | Zoë | Renée | José
name_a:
  Har | Vos | Mel | Tam | Bren | Cal | Dor | El | Far | Gar | Hol | Ist | Jor | Kel | Lan | Mar | Nor | Or | Pel | Quin | Ros
  Sel | Tor | Ul | Ver | Wal | Yar | Zim | Ast | Bel | Crow | Dun | Es | Fen | Gil | Hav | In | Jas | Kir | Lor | Mor | Nev | Os
  Pren | Rad | Stan | Thorn | Urb | Vin | Wes | Ald | Brig | Cor | Den | Fitz | Grim | Hux | Ked | Lud | Mün
name_b:
  lan | ber | der | mer | to | ri | wa | the | ing | ver | si | ka | lo | ne | va | do | ster | ron | mi | gar
name_c:
  son | ton | wick | ley | man | field | ford | er | ek | ski | ova | well | stone | hart | mann | sen | dal | ini | ard | ow | by
town_c:
  ton | ford | mouth | bury | haven | dale | stead | port | bridge | field | minster | worth | combe | wick | burgh | holm | ness
path:
  near | behind | beside | above | below | across from | close to | north of | south of | east of | outside | around
mood:
  calm | tense | hopeful | uncertain | festive | sombre | unusually quiet | difficult | promising | chaotic | predictable
thing_act:
  fails | succeeds | goes ahead | falls through | reopens | runs late | breaks down | comes to a vote | is delayed again
  wins approval | loses its funding | reaches the court | draws complaints | is sold | meets its target | is cancelled
";
