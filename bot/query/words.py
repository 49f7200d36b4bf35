"""The words that a question may hold, in several languages, and what kind of token each is; platforms by name."""

from enum import Enum, auto

from bot.query.canonical import PRODUCT_NAMES

XEN = "Xen"

_NAMES = {
    XEN: "xen|xen project|xen hypervisor|xen project hypervisor|upstream xen|vanilla xen|plain xen",
    "VMware": "vmware|vm ware|vmware workstation|vmware player|vmware fusion|vmware cloud|vcf",
    "VMware ESXi": "esxi|esx|vmware esxi|vmware esx|vsphere hypervisor|vmware hypervisor",
    "VMware vSphere": "vsphere|vmware vsphere|vcenter|vmware vcenter|vcsa|vsan",
    "Proxmox VE": "proxmox|proxmox ve|pve|proxmoxve",
    "Hyper-V": "hyper v|hyperv|microsoft hyper v|windows hyper v|azure local|azure stack|azure stack hci",
    "KVM": "kvm|qemu|libvirt|qemu kvm|kvm qemu|linux kvm|virt manager|redhat kvm",
    "oVirt": "ovirt",
    "Red Hat Virtualization": "rhv|rhev|rhevm|red hat virtualization|red hat virtualisation",
    "Oracle Linux Virtualization Manager": "olvm|oracle linux virtualization manager",
    "Oracle VM": "oracle vm|oracle vm server|ovm",
    "Nutanix AHV": "nutanix|ahv|nutanix ahv|acropolis|nutanix aos",
    "Scale Computing HyperCore": "scale computing|hypercore|scale computing hypercore",
    "VirtualBox": "virtualbox|virtual box|vbox|oracle virtualbox",
    "Parallels": "parallels|parallels desktop|virtuozzo|openvz",
    "bhyve": "bhyve",
    "FreeBSD": "freebsd|free bsd",
    "NetBSD": "netbsd",
    "OpenBSD": "openbsd",
    "SmartOS": "smartos|illumos|omnios|triton",
    "TrueNAS": "truenas|freenas",
    "Unraid": "unraid",
    "OpenStack": "openstack",
    "CloudStack": "cloudstack|apache cloudstack",
    "OpenNebula": "opennebula",
    "OpenShift": "openshift|openshift virtualization|okd",
    "Qubes OS": "qubes|qubes os|qubesos",
    "Harvester": "harvester|suse virtualization",
    "KubeVirt": "kubevirt",
    "Kubernetes": "kubernetes|k8s|k3s|rancher",
    "Docker": "docker|podman|containerd",
    "LXC": "lxc|lxd|incus|linux containers",
    "AWS": "aws|amazon|amazon web services",
    "AWS EC2": "ec2|aws ec2|amazon ec2",
    "Azure": "azure|microsoft azure",
    "Google Cloud": "gcp|gce|google cloud|google compute engine",
    "IBM PowerVM": "powervm|ibm powervm|lpar",
    "z/VM": "zvm|z vm",
    "Sangfor": "sangfor",
    "HPE VM Essentials": "hpe vme|hpe vm essentials|morpheus",
    "Firecracker": "firecracker",
    "Cloud Hypervisor": "cloud hypervisor",
}
_DISTRIBUTIONS = {
    "Debian": "debian|debian gnu linux",
    "Ubuntu": "ubuntu|kubuntu|ubuntu server",
    "Alpine": "alpine|alpine linux",
    "SUSE": "suse|sles|suse linux|suse linux enterprise|suse linux enterprise server",
    "openSUSE": "opensuse|open suse|tumbleweed|opensuse leap",
    "Fedora": "fedora|fedora server",
    "CentOS": "centos|cent os|centos stream",
    "Rocky Linux": "rocky|rocky linux|rockylinux",
    "AlmaLinux": "almalinux|alma linux|alma",
    "Red Hat Enterprise Linux": "rhel|red hat|redhat|red hat enterprise linux|red hat linux",
    "Oracle Linux": "oracle linux|oraclelinux|unbreakable linux",
    "Arch Linux": "arch|arch linux|archlinux|manjaro",
    "Gentoo": "gentoo|gentoo linux",
    "NixOS": "nixos|nix os|nix",
    "Slackware": "slackware",
    "Void Linux": "void linux",
    "Linux Mint": "mint|linux mint",
    "Devuan": "devuan",
    "Amazon Linux": "amazon linux",
    "Linux": "linux|gnu linux|linux distribution|linux distro|distro|distribution",
}

DISTRIBUTIONS = frozenset(_DISTRIBUTIONS)
"""Operating systems: with Xen they are a platform ("Xen on Debian"), beside a release they are its guests."""

PLATFORMS = {
    phrase: name
    for names in (_NAMES, _DISTRIBUTIONS)
    for name, phrases in names.items()
    for phrase in phrases.split("|")
}
"""The name to show for each phrase (lower case, a space for each hyphen)."""


class TokenKind(Enum):
    """What a token is."""

    PRODUCT = auto()
    PLATFORM = auto()
    TOOL = auto()
    """Something with versions of its own: the number after it is no release (Xen Orchestra, Windows, TLS)."""
    XEN_ORCHESTRA = auto()
    """The same; what every question is about without saying so."""
    LABEL = auto()
    """The same, for whole numbers only ("build 12", "issue 868"); "update 8.2" still means 8.2."""
    CODENAME = auto()
    NUMBER = auto()
    WILDCARD = auto()
    """A number with a last place that stands for all: 7.x, 7.*"""
    OPERATOR = auto()
    LEVEL = auto()
    """CU, SP and FP take a number; CC is complete."""
    SUFFIX = auto()
    """What may follow a number and changes nothing: LTS, LTSR, CR."""
    EARLY = auto()
    """A pre-release of what stands before it: rc, beta."""
    LATER = auto()
    """"or newer", "and up": the value is the operator that it stands for."""
    DIRECTION = auto()
    """"before", "until", "since" in front of a number: the value is the operator that it stands for."""
    VERSION = auto()
    """The word "version" and its like, between a name and its number."""
    MEASURE = auto()
    """The number before it is no release: "2.5 TiB", "3 years"."""
    COUNTED = auto()
    """The same for whole numbers: "3 hosts", but "the 7.2 hosts" are of a release."""
    GUEST = auto()
    """What runs on a host: makes the platform before it a guest's ("Debian VMs")."""
    FEATURE = auto()
    """A feature of Xen Orchestra: the value is its id."""
    JOINT = auto()
    FILLER = auto()
    """Courtesy, grammar, and what every verdict speaks of: accounted for without being read."""
    TALK = auto()
    """A word that no answer uses: it reads like filler, and is named."""
    UNKNOWN = auto()
    """A word of which nothing is known, or the name of another product (XenApp)."""
    DASH = auto()
    DOTS = auto()
    PLUS = auto()
    COMMA = auto()
    """Only inside a range; the others part the question."""


_LEVELS = {
    "CU": ("cu", "cumulative update", "cumulativeupdate"),
    "SP": ("sp", "service pack", "servicepack"),
    "FP": ("fp", "feature pack", "featurepack"),
    "CC": ("cc", "common criteria"),
}
_EARLY = {
    "RC": ("rc", "release candidate"),
    "beta": ("beta",),
    "alpha": ("alpha",),
    "preview": ("preview", "pre", "prerelease", "pre release", "tech preview", "technical preview"),
    "early access": ("early access", "ea", "technology preview"),
    "nightly": ("nightly",),
}
_OPERATORS = {
    ">": ("newer than", "later than", "higher than", "greater than", "more than"),
    "<": ("older than", "earlier than", "lower than", "less than"),
    ">=": ("at least",),
    "<=": ("at most",),
}
_LATER = {
    ">=": (
        "newer",
        "later",
        "higher",
        "greater",
        "up",
        "upwards",
        "onwards",
        "more recent",
        "beyond",
        "hoher",
        "neuer",
        "superior",
        "superieur",
        "superieure",
        "plus recent",
        "posterior",
        "mas reciente",
    ),
    "<=": ("older", "earlier", "lower", "prior"),
}
_DIRECTIONS = {
    "<": ("before", "below", "prior to", "unter", "vor", "avant", "antes de"),
    "<=": ("until", "till", "up to", "up until", "up to and including", "bis", "hasta", "jusqu a"),
    ">": ("above", "uber"),
    ">=": ("since", "ab", "starting with", "starting from", "desde", "a partir de", "depuis"),
}

_PHRASES = {
    TokenKind.XEN_ORCHESTRA: """
        xen orchestra|xenorchestra|xo|xoa|xoas|xoce|xo ce|xen orchestra appliance|xo appliance|xo from sources""",
    TokenKind.TOOL: """
        xo lite|xolite|xen orchestra lite|xo server|xo web|xo cli|xo proxy|xo hub|xostor|vates vms|xen center|xencenter
        xenadmin|xcp ng center|xcpng center|xcp center|xapi|xen api|xenapi|xenopsd|xen tools|xenserver tools
        xenserver vm tools|citrix vm tools|xcp ng tools|guest tools|windows|windows server|win|linux kernel|kernel
        python|nodejs|node js|java|openssl|tls|ssl|nfs|smb|cifs|iscsi|raid|netdata|grafana|terraform|ansible
        packer|veeam|netbox|json rpc|xml rpc|api|rest api""",
    TokenKind.LABEL: "build|patch|hotfix|kb|cve|ticket|issue|bug|pr|id|port|vlan|slot|number|nr|dom|room|rack",
    TokenKind.SUFFIX: """
        lts|ltsr|cr|long term support|long term support release|long term service release|current release|ga""",
    TokenKind.VERSION: """
        v|version|versions|ver|vers|rev|revision|release|releases|rel|r|versione|versioni|versie|ausgabe""",
    TokenKind.UNKNOWN: """
        xenapp|xendesktop|xenmobile|citrix xenapp|citrix xendesktop|citrix virtual apps|citrix virtual desktops
        citrix virtual apps and desktops|citrix daas|citrix cloud|citrix workspace|citrix adc|citrix storefront
        citrix gateway|netscaler|citrix netscaler|xen cloud platform|xenclient""",
    TokenKind.TALK: "last patched|last updated|last rebooted|build date|patch date|release date|install date",
    TokenKind.GUEST: "vm|vms|guest|guests|template|templates|domu|domus|container|containers|iso|isos|image|images",
    TokenKind.MEASURE: """
        gb|gib|tb|tib|mb|mib|kb|kib|ghz|mhz|gbit|mbit|bit|bits|byte|bytes|g|t|k|x|d|h|ms|sec|second|seconds|min|minute
        minutes|hour|hours|day|days|week|weeks|month|months|year|years|yr|yrs|percent|st|nd|rd|th|jahre|tage|monate
        jours|mois|ans|annees|dias|anos|meses|giorni|anni|mesi""",
    TokenKind.COUNTED: """
        host|hosts|node|nodes|server|servers|machine|machines|pool|pools|site|sites|cluster|clusters|box|boxes|people
        user|users|core|cores|cpu|cpus|vcpu|vcpus|socket|sockets|disk|disks|vdi|vdis|sr|srs|nic|nics|time|times|step
        steps|hotes|serveurs|maschinen|servidores|nodos|nodi""",
    TokenKind.FILLER: "up to date|up and running",
    TokenKind.JOINT: """
        and|or|vs|versus|to|then|plus|as well as|und|oder|et|ou|y|o|e|ed|einschliesslich|through|thru
        against""",
}
"""One line of phrases, parted by bars or line ends, for each kind."""

_FILLER = """
    a about above abut accepted according across actual actually added admin admins advice advise affected after
    again age ago ahead alive all allow allowed almost along already alright also always am amongst an another
    answer any anybody anymore anyone anything anyway apparently appliance application apply are area aren
    around as ask asked asking assume at available aware away back bad badly base based be
    because become been before behind being believe best better between beyond big bit both box brand
    break breaks bring broke broken bug bugs business but buy by bye call called came can cannot cant case cases
    chance change changed changes channel cheap check checked checking checks cheers choose clear
    click come comes coming company compare compared comparison compat
    compatibility compatible compliant concerning confirm connect connected connection consider console continue
    cool correct correctly could couldn course cover covered critical curious current currently customer
    customers cycle danger dangerous date dates days db de dead dear decide decommission default
    definitely delay deploy deployed deployment deprecated detail details did didn difference different
    difficult direct directly discontinued do doc docs documentation does doesn doing don done dont doubt down
    download downtime drop dropped due during each early easily easy either else elsewhere end
    ended ending ends engine enough ensure environment environments eol eom error errors especially
    etc even ever every everybody everyone everything exact exactly example excellent except exist existing
    exists expect expected experience expire expired explain express extend extended extra fail failed fails
    fair false family far fast feature features few find fine finish first fix fixed fixes flag folks follow
    following for forget form former formerly forum found free friend friends from front full fully function
    functional functionality functions further future general generally get gets getting give given gives glad
    go goes going gone good got great group guess guide guys had half handle happen happened happens happy
    has hasn have haven having he heard hello help helpful helps her here hey hi him his hmm hold home
    hope host hosted hosting hotfixes how however hurry hypervisor hypervisors i idea if important in include
    included includes including incompatible info inform information infra infrastructure inside install
    installation installed installing instance instead intend interested into is isn issues it its itself job
    join just keep keeping kept kind kindly knew know known knows lab labs last lately latest lead least leave
    left legacy less let lets level life lifecycle lifetime like likely limit
    limitation limited limits line lines link list listed lists little live ll local long longer look
    looking looks lot lots love made main maintain maintained maintenance major make makes making manage managed
    management manages many matter may maybe me mean means meant meanwhile meet
    mention mentioned message met might migrate migrated migrating migration migrations mind mine minor
    minute miss missing mixed mode moment money more morning most mostly move moved moves moving much must my
    myself name named namely near nearly necessary need needed needs neither network never new newer newest next
    nice night no nobody non none nope nor normal normally not note nothing notice now nowadays obsolete of off
    offer official officially often oh ok okay old older oldest on once one ones only onto open operate option
    options order ordinary other others otherwise our ours out outdated over own paid part partial partially
    particular past patch patches pay per perfect perhaps period person phase pick place plan planned
    planning plans platform platforms please plz point pool pools pos possible possibly post practice prefer
    preferably present pretty previous prior probably problem problems process prod product production
    products project proper properly provide provided public put question questions quick quickly quite ran
    rather re read ready real really reason reasonable receive receives recent recently recommend recommendation
    recommended refer regard regarding regards related relevant reliable remain remaining remember
    replace replaced reply report require required requires respect rest retire retired reuse review
    right risk risky roadmap role roll run running runs safe safely said same sandbox say saying says scenario
    second section secure security see seem seems seen select send sense seriously serve server serves
    set setting setup several shall share she short should show shows side similar simple simply since
    single situation size small so software solution some somebody someone something soon sorry sort source
    sources speak specific stable stack staff stage staging standard standards start started starting
    state stated status stay step still stop stopped story stuck stuff such suggest suggestion suitable
    summary support supported supporting supports suppose supposed sure switch switching system systems table
    take taken takes talk talking target team tech tell term terms test tested testing tests than thank thanks
    thankyou that the their them themselves there therefore these they thing things think this those though
    thought three thx time today together told tomorrow too took top total totally touch toward towards
    tried true truly trust try trying two type unable understand unfortunately unless unlike unsafe
    unsupported until up update updated updates updating upgrade upgraded upgrades upgrading upon us usage use
    used useful user users uses using usual usually valid various ve vendor verify very via view virtual
    virtualisation virtualization visible vs wait waiting wanna want wanted wants warning was wasn
    way ways we week weeks welcome well went were weren what whatever whats hows thats when whenever where whether
    which while
    who whole whose why will wish with within without won wondering word words work workaround worked
    working works world worry worse worst worth would wouldn wrong yeah year years yep yes yesterday yet you
    your yours
    advanced bonjour salut bonsoir merci est ce que quoi quel quelle quels quelles encore avec pour dans sur
    notre nos le la les un une des du nous vous il elle qui quid peut peux puis je pas plus sont etre supporte
    supportee supportes prise charge depuis jusque jusqu quand mise jour migrer passer vers fonctionne marche
    toujours hotes
    hallo guten tag danke bitte ist sind wird werden noch mit fur auf der die das den dem ein eine einen wir ich
    man kann konnen darf unser unsere unserem unterstutzt unterstutzung laufen lauft von nach bei wie lange gibt
    es nicht mehr geht schon auch oder hilfe version frage aktuell wann ende
    hola buenas buenos dias gracias por favor esta estan sigue siendo con para en el los las una uno nuestro
    nuestra se puede podemos soportado soportada todavia desde hasta cuando funciona actualizar migrar tiene
    soporte
    ciao buongiorno grazie prego e ancora nel nella lo gli nostro nostra nostri si puo possiamo supportato
    supportata compatibile funziona aggiornare migrare da dal alla al quando fino
"""

_TALK = """
    backup backups boot boots certified client clients cluster clusters data datacenter delete edition email enterprise
    hardware licence licences license licensed licenses lite manager master masters member members patched premium
    remote restore schedule shutdown standalone storage trial unpatched vdis vulnerable window
    """

_LETTERS = "a b c f i j l m n p q s u w z"
ARTICLES = frozenset(["a", "an", "the", "also", "maybe", "perhaps", "even", "too"])
"""Filler that a bare name may carry: "the Nonsense" is still nothing but a name."""


JOINING = frozenset(["and", "but", "und", "aber", "et", "mais", "y", "pero", "e", "ed", "&", "/"])
"""Joints that may stand between the two bounds of a range."""

OF_TWO = frozenset(
    [
        "difference",
        "differences",
        "different",
        "compare",
        "comparison",
        "choose",
        "decide",
        "change",
        "changes",
        "changed",
        "upgrade",
        "upgraded",
        "upgrades",
        "upgrading",
        "update",
        "updated",
        "updates",
        "updating",
        "migrate",
        "migrated",
        "migrating",
        "migration",
        "move",
        "moved",
        "moving",
        "switch",
        "switching",
        "go",
        "going",
        "way",
        "path",
        "jump",
    ]
)
"""Words that make "from 7.0 to 7.3" and "between 7.0 and 7.3" two releases instead of a range."""


def _vocabulary() -> dict[str, tuple[TokenKind, str]]:
    words = {word: (TokenKind.FILLER, word) for word in (*_FILLER.split(), *_LETTERS.split())}
    words.update((word, (TokenKind.TALK, word)) for word in _TALK.split())
    for kind, phrases in _PHRASES.items():
        for line in phrases.split("\n"):
            words.update((phrase.strip(), (kind, phrase.strip())) for phrase in line.split("|") if phrase.strip())
    tables = (
        (TokenKind.LEVEL, _LEVELS),
        (TokenKind.EARLY, _EARLY),
        (TokenKind.OPERATOR, _OPERATORS),
        (TokenKind.LATER, _LATER),
        (TokenKind.DIRECTION, _DIRECTIONS),
    )
    for kind, table in tables:
        words.update((phrase, (kind, value)) for value, phrases in table.items() for phrase in phrases)
    words.update((phrase, (TokenKind.PLATFORM, name)) for phrase, name in PLATFORMS.items())
    for product, names in PRODUCT_NAMES.items():
        words.update((name.replace("-", " "), (TokenKind.PRODUCT, product.value)) for name in names)
    return words


VOCABULARY = _vocabulary()
"""What each phrase is, and the value that it stands for."""
