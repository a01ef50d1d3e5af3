// SPDX-License-Identifier: GPL-3.0-or-later
// Members in the order in which they are written; a test holds every answer against its shape.
#include "api/schemas.hpp"

#include <array>

namespace soulfabric::gateway {
namespace {

constexpr std::array kSchemas{
    Schema{"SignIn", "username:string password:string"},
    Schema{"LoginSecret", "secret:string"},
    Schema{"SignedIn", "csrf?:string name:string expires?:integer issued?:integer notBefore?:integer token?:string tokenType?:string"},
    Schema{"Ready", "parts:ReadyPart[] ready:boolean"},
    Schema{"ReadyPart", "name:string ready:boolean detail?:string"},
    Schema{"Version", "full:string current:string latest?:string isUpdateAvailable:boolean isCanary:boolean isDevelopment:boolean"},
    Schema{"Application",
           "version:Version pendingReconnect:boolean pendingRestart:boolean server:Server connectionWatchdog:Watchdog vpn:Vpn relay:any health:any "
           "user:OwnUser distributedNetwork:DistributedNetwork shares:SharesState rooms:string[] users:any[]"},
    Schema{"Server",
           "address:string ipEndPoint?:string state:string isConnected:boolean isConnecting:boolean isLoggedIn:boolean isLoggingIn:boolean "
           "isTransitioning:boolean username?:string listenPort:integer reason?:string listenProblem?:string"},
    Schema{"Watchdog", "isEnabled:boolean isAttemptingConnection:boolean isAwaitingVpn:boolean nextAttemptAt?:string"},
    Schema{"Vpn", "isReady:boolean isConnected:boolean"},
    Schema{"OwnUser", "username?:string privileges:Privileges statistics:Statistics"},
    Schema{"Privileges", "isPrivileged:boolean privilegesRemaining:integer"},
    Schema{"Statistics", "averageSpeed:integer directoryCount:integer fileCount:integer uploadCount:integer"},
    Schema{"DistributedNetwork",
           "branchLevel:integer branchRoot?:string canAcceptChildren:boolean childLimit:integer children:string[] hasParent:boolean "
           "isBranchRoot:boolean parent?:string"},
    Schema{"SharesState",
           "scanPending:boolean scanning:boolean ready:boolean faulted:boolean cancelled:boolean scanProgress:number hosts:string[] "
           "directories:integer files:integer filesPerSecond?:number secondsLeft?:integer filesScanned?:integer fault?:string warnings?:string[]"},
    Schema{"LogRecord", "timestamp:string context:string level:string message:string"},
    Schema{"SearchRequest",
           "id?:string searchText:string fileLimit?:integer filterResponses?:boolean maximumPeerQueueLength?:integer "
           "minimumPeerUploadSpeed?:integer minimumResponseFileCount?:integer responseLimit?:integer searchTimeout?:integer"},
    Schema{"Search",
           "id:string searchText:string state:string isComplete:boolean fileCount:integer lockedFileCount:integer responseCount:integer "
           "responses:SearchResponse[] startedAt:string endedAt?:string token:integer queuePosition?:integer problem?:string"},
    Schema{"SearchResponse",
           "username:string token:integer hasFreeUploadSlot:boolean uploadSpeed:integer queueLength:integer fileCount:integer files:FoundFile[] "
           "lockedFileCount:integer lockedFiles:FoundFile[]"},
    Schema{"FoundFile",
           "filename:string size:integer code:integer extension:string isLocked:boolean bitRate?:integer bitDepth?:integer sampleRate?:integer "
           "length?:integer isVariableBitRate?:boolean"},
    Schema{"DownloadFile", "filename:string size:integer"},
    Schema{"EnqueueResult", "enqueued:Transfer[] failed:EnqueueFailure[]"},
    Schema{"EnqueueFailure", "filename:string message:string"},
    Schema{"Transfer",
           "batchId?:string id:string username:string direction:string filename:string size:integer startOffset:integer state:string "
           "stateDescription:string requestedAt:string enqueuedAt?:string startedAt?:string endedAt?:string bytesTransferred:integer "
           "averageSpeed:number placeInQueue?:integer exception?:string attempts:integer nextAttemptAt?:string removed:boolean "
           "bytesRemaining:integer elapsedTime?:string percentComplete:number remainingTime?:string"},
    Schema{"UserGroup", "username:string directories:TransferFolder[]"},
    Schema{"TransferFolder", "directory:string fileCount:integer files:Transfer[]"},
    Schema{"BatchRequest", "id?:string searchId?:string username:string files:DownloadFile[] options?:BatchOptions"},
    Schema{"BatchOptions", "destination?:string externalId?:string"},
    Schema{"Batch", "id:string searchId?:string username:string direction:string createdAt:string transfers:Transfer[] options:BatchOptions"},
    Schema{"BatchResult", "batch:Batch failures:EnqueueFailure[]"},
    Schema{"UserInfo", "description:string hasFreeUploadSlot:boolean hasPicture:boolean picture?:string queueLength:integer uploadSlots:integer"},
    Schema{"UserStatus", "isPrivileged:boolean presence:string"},
    Schema{"UserEndpoint", "addressFamily:string address:string port:integer"},
    Schema{"Browse", "directories:Directory[] directoryCount:integer lockedDirectories:Directory[] lockedDirectoryCount:integer"},
    Schema{"BrowseStatus", "username:string bytesTransferred:integer bytesRemaining:integer percentComplete:number size:integer error?:string"},
    Schema{"FolderPage", "total:integer folders:BrowseFolder[]"},
    Schema{"BrowseFolder", "path:string name:string fileCount:integer folderCount:integer"},
    Schema{"FilePage", "total:integer files:LeafFile[]"},
    Schema{"DirectoryRequest", "directory:string"},
    Schema{"Directory", "name:string fileCount:integer files:LeafFile[]"},
    Schema{"LeafFile",
           "filename:string size:integer code:integer extension:string attributeCount:integer attributes:Attribute[] bitRate?:integer "
           "bitDepth?:integer sampleRate?:integer length?:integer isVariableBitRate?:boolean"},
    Schema{"Attribute", "type:string value:integer"},
    Schema{"Conversation", "username:string isActive:boolean unAcknowledgedMessageCount:integer hasUnAcknowledgedMessages:boolean messages?:PrivateMessage[]"},
    Schema{"PrivateMessage", "timestamp:string id:integer username:string direction:string message:string isAcknowledged:boolean wasReplayed:boolean"},
    Schema{"ShareMap", "local:Share[]"},
    Schema{"Share",
           "id:string alias:string isExcluded:boolean localPath:string raw:string remotePath:string directories:integer files:integer problem?:string"},
    Schema{"Options", "soulseek:any web:any directories:any shares:any transfers:any"},
    Schema{"OptionsPatch", "soulseek?:ListenPatch"},
    Schema{"ListenPatch", "listenPort?:integer listenIpAddress?:string"},
    Schema{"EventRecord", "timestamp:string type:string data:string id:string"},
    Schema{"Event", "type:string version:integer id:string timestamp:string disambiguator:string"},
    Schema{"Mesh",
           "joined:boolean choice:MeshChoice peerId?:string listening?:string endpoints?:string[] portMapping?:PortMapping links?:MeshLink[] configured?:ConfiguredNode[] "
           "dht?:DhtHealth services?:LocalService[] peersKnown?:integer pods?:boolean"},
    Schema{"PortMapping", "by?:string external?:string trouble?:string"},
    Schema{"MeshChoice", "open:boolean joined:boolean fixed:boolean trouble?:string"},
    Schema{"MeshAnswer", "join:boolean shares?:string[]"},
    Schema{"MeshLink",
           "peer:string direction:string endpoint:string roundTripMs?:number ageSeconds:integer bytesIn:integer bytesOut:integer streams:integer "
           "trusted:boolean reputation:integer"},
    Schema{"ConfiguredNode", "peer:string linked:boolean trusted:boolean revoked:boolean rights:string[] relayFor:string[]"},
    Schema{"MeshLinkRequest", "peer:string endpoint?:string"},
    Schema{"MeshPeer",
           "peer:string endpoints:string[] firstSeen:string lastSeen:string firstLinked?:string configured:boolean trusted:boolean linked:boolean "
           "revoked:boolean goesOnAs?:string rights:string[] relayFor:string[] reputation:integer"},
    Schema{"MeshProvider", "peer:string version:string linked:boolean known:boolean reputation:integer roundTripMs?:number expires:string"},
    Schema{"MeshHttpService", "name:string methods:string[]"},
    Schema{"DhtHealth",
           "running:boolean connected:boolean nodesGood:integer nodesDubious:integer valuesStored:integer datagramsIn:integer "
           "datagramsDropped:integer datagramsOut:integer valuesRefused:integer trouble?:string"},
    Schema{"LocalService",
           "name:string version:string exposed:boolean exposedBecause:string methods:string[] calls:integer results:integer{} inFlight:integer"},
    Schema{"Pod",
           "id:string name:string visibility:string owner:string approval:boolean keep:boolean members:PodMember[] memberCount:integer created:string ours:string "
           "unread:integer"},
    Schema{"PodMember", "peer:string role:string state:string since:string"},
    Schema{"PodMemberChange", "role:string state:string"},
    Schema{"PodMessage", "id:string pod:string sender:string body:string sent:string removed:boolean pending:boolean"},
    Schema{"PodText", "body:string"},
    Schema{"PodJoin", "pod:string host:string"},
    Schema{"Relay", "parts:RelayPart[] http?:RelayHttp switches:RelaySwitch[]"},
    Schema{"RelayHttp", "requests:integer answers:integer bytes:integer refused:integer{}"},
    Schema{"RelayPart", "name:string running:boolean why?:string"},
    Schema{"RelaySwitch", "key:string value:any exposes:string"},
    Schema{"RelayCatalogue",
           "enabled:boolean mesh:boolean reducedPrivacy:boolean musicbrainz:string coverArt:string freshSeconds:integer trouble?:string metrics?:CatalogueMetrics"},
    Schema{"CatalogueMetrics",
           "asked:integer fromMemory:integer fromDisk:integer fromMesh:integer fromOrigin:integer hitRate?:number joined:integer stale:integer "
           "negative:integer served:integer ownersPassedOver:integer refusedAnswers:integer spotChecks:integer mismatches:integer entries:integer bytes:integer "
           "diskEntries:integer diskBytes:integer refused:integer{} faults:integer{} passedOver:integer{} failed:integer{}"},
    Schema{"ContentMetrics",
           "manifests:integer pieces:integer bytes:integer cacheHits:integer cacheMisses:integer streams:integer records:integer fetchedBytes:integer "
           "cachePieces:integer cacheBytes:integer refused:integer{} faults:integer{}"},
    Schema{"RelayContent",
           "enabled:boolean streamsMost:integer streamsPerPeer:integer recordsMost:integer trouble?:string hashing?:HashingProgress metrics?:ContentMetrics"},
    Schema{"HashingProgress",
           "enabled:boolean running:boolean paused:boolean filesDone:integer filesTotal:integer bytesDone:integer bytesTotal:integer "
           "bytesPerSecond:number verified:integer refused:integer fault?:string"},
    Schema{"HashingPause", "paused:boolean"},
    Schema{"CopyStatus",
           "path:string state:string reason:string contentId?:string root?:string size:integer checked?:string seconds?:number"},
    Schema{"PrivateMark", "path:string private:boolean"},
    Schema{"ContentProvider", "peer:string linked:boolean trusted:boolean reputation:integer"},
    Schema{"NewContentFetch", "contentId:string size?:integer name?:string from?:string[]"},
    Schema{"ContentFetch",
           "id:string name:string asked:string contentId:string state:string size?:integer bytes:integer pieces:integer piecesDone:integer "
           "wrongPieces:integer bytesPerSecond:number path?:string problem?:string sources:FetchSource[]"},
    Schema{"FetchSource", "name:string peer?:string state:string bytes:integer pieces:integer bytesPerSecond:number problem?:string"},
    Schema{"RelayTunnels",
           "enabled:boolean relay:boolean gateway:boolean targets:string[] tunnelsMost:integer tunnelsPerPeer:integer idleSeconds:integer "
           "trouble?:string tunnels?:Tunnel[] forwards?:Forward[] metrics?:TunnelMetrics"},
    Schema{"TunnelMetrics", "opened:integer open:integer bytes:integer refused:integer{}"},
    Schema{"Tunnel",
           "id:integer role:string peer:string via?:string target:string forward:string ageSeconds:integer idleSeconds:integer bytesIn:integer "
           "bytesOut:integer state:string"},
    Schema{"NewForward", "peer:string name?:string via?:string"},
    Schema{"Forward",
           "name:string peer:string target:string via?:string url:string socket?:string raw:boolean trouble?:string tunnels:integer configured:boolean"},
    Schema{"NewPod", "name:string visibility?:string approval?:boolean keep?:boolean"},
    Schema{"GuardViolations", "kind:string name:string count:integer times:string[]"},
    Schema{"GuardBan", "kind:string name:string since:string until?:string times:integer reason:string address?:string byOperator:boolean"},
    Schema{"GuardReputation", "kind:string name:string score:integer gains:string[]"},
    Schema{"GuardBudget",
           "limits:integer{} user:BudgetLevel automation:BudgetLevel shared:BudgetLevel strangers:BudgetLevel peers:PeerLevel[] metrics:integer{}"},
    Schema{"BudgetLevel", "left:integer most:integer"},
    Schema{"PeerLevel", "kind:string name:string left:integer most:integer"},
    Schema{"GuardState", "version:integer bans:any[] violations:any[] reputations:any[]"},
    Schema{"GuardImport", "bans:integer violations:integer reputations:integer"},
    Schema{"NewBan", "kind:string name:string hours?:integer seconds?:integer reason?:string"},
    Schema{"FsDirectory",
           "name:string fullName:string attributes:string createdAt:string modifiedAt:string files:FsFile[] directories:FsDirectory[]"},
    Schema{"FsFile", "name:string fullName:string length:integer attributes:string createdAt:string modifiedAt:string"},
};

}  // namespace

std::span<const Schema> all_schemas() { return kSchemas; }

}  // namespace soulfabric::gateway
