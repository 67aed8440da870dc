/** Types of the core group, and what all groups share. In the notation of notation.ts, from the OpenAPI v3 of Kubernetes 1.36. */
export const CORE_TYPES = `
Affinity nodeAffinity:@NodeAffinity podAffinity:@PodAffinity podAntiAffinity:@PodAntiAffinity
AppArmorProfile localhostProfile:s type*:s|Localhost|RuntimeDefault|Unconfined
AttachedVolume devicePath*:s name*:s
Capabilities add:[s] drop:[s]
ClientIPConfig timeoutSeconds:i
ClusterTrustBundleProjection labelSelector:@LabelSelector name:s optional:b path*:s signerName:s
Condition lastTransitionTime*:t message*:s observedGeneration:l reason*:s status*:s type*:s
ConfigMap apiVersion:s binaryData:<y> data:<s> immutable:b kind:s metadata:@ObjectMeta
ConfigMapEnvSource name:s optional:b
ConfigMapKeySelector! key*:s name:s optional:b
ConfigMapNodeConfigSource kubeletConfigKey*:s name*:s namespace*:s resourceVersion:s uid:s
ConfigMapProjection items:[@KeyToPath] name:s optional:b
Container args:[s] command:[s] env:[@EnvVar](name)~name envFrom:[@EnvFromSource] image:s imagePullPolicy:s|Always|IfNotPresent|Never lifecycle:@Lifecycle livenessProbe:@Probe name*:s ports:[@ContainerPort](containerPort,protocol)~containerPort readinessProbe:@Probe resizePolicy:[@ContainerResizePolicy] resources:@ResourceRequirements restartPolicy:s restartPolicyRules:[@ContainerRestartRule] securityContext:@SecurityContext startupProbe:@Probe stdin:b stdinOnce:b terminationMessagePath:s terminationMessagePolicy:s|FallbackToLogsOnError|File tty:b volumeDevices:[@VolumeDevice](devicePath)~devicePath volumeMounts:[@VolumeMount](mountPath)~mountPath workingDir:s
ContainerExtendedResourceRequest containerName*:s requestName*:s resourceName*:s
ContainerImage names:[s] sizeBytes:l
ContainerPort containerPort*:i hostIP:s hostPort:i name:s protocol:s|SCTP|TCP|UDP="TCP"
ContainerResizePolicy resourceName*:s restartPolicy*:s
ContainerRestartRule action*:s exitCodes:@ContainerRestartRuleOnExitCodes
ContainerRestartRuleOnExitCodes operator*:s values:[i]()
ContainerState running:@ContainerStateRunning terminated:@ContainerStateTerminated waiting:@ContainerStateWaiting
ContainerStateRunning startedAt:t
ContainerStateTerminated containerID:s exitCode*:i finishedAt:t message:s reason:s signal:i startedAt:t
ContainerStateWaiting message:s reason:s
ContainerStatus allocatedResources:<q> allocatedResourcesStatus:[@ResourceStatus](name)~name containerID:s image*:s imageID*:s lastState:@ContainerState name*:s ready*:b resources:@ResourceRequirements restartCount*:i started:b state:@ContainerState stopSignal:s|SIGABRT|SIGALRM|SIGBUS|SIGCHLD|SIGCLD|SIGCONT|SIGFPE|SIGHUP|SIGILL|SIGINT|SIGIO|SIGIOT|SIGKILL|SIGPIPE|SIGPOLL|SIGPROF|SIGPWR|SIGQUIT|SIGRTMAX|SIGRTMAX-1|SIGRTMAX-10|SIGRTMAX-11|SIGRTMAX-12|SIGRTMAX-13|SIGRTMAX-14|SIGRTMAX-2|SIGRTMAX-3|SIGRTMAX-4|SIGRTMAX-5|SIGRTMAX-6|SIGRTMAX-7|SIGRTMAX-8|SIGRTMAX-9|SIGRTMIN|SIGRTMIN+1|SIGRTMIN+10|SIGRTMIN+11|SIGRTMIN+12|SIGRTMIN+13|SIGRTMIN+14|SIGRTMIN+15|SIGRTMIN+2|SIGRTMIN+3|SIGRTMIN+4|SIGRTMIN+5|SIGRTMIN+6|SIGRTMIN+7|SIGRTMIN+8|SIGRTMIN+9|SIGSEGV|SIGSTKFLT|SIGSTOP|SIGSYS|SIGTERM|SIGTRAP|SIGTSTP|SIGTTIN|SIGTTOU|SIGURG|SIGUSR1|SIGUSR2|SIGVTALRM|SIGWINCH|SIGXCPU|SIGXFSZ user:@ContainerUser volumeMounts:[@VolumeMountStatus](mountPath)~mountPath
ContainerUser linux:@LinuxContainerUser
DaemonEndpoint Port*:i
DownwardAPIProjection items:[@DownwardAPIVolumeFile]
DownwardAPIVolumeFile fieldRef:@ObjectFieldSelector mode:i path*:s resourceFieldRef:@ResourceFieldSelector
EnvFromSource configMapRef:@ConfigMapEnvSource prefix:s secretRef:@SecretEnvSource
EnvVar name*:s value:s valueFrom:@EnvVarSource
EnvVarSource configMapKeyRef:@ConfigMapKeySelector fieldRef:@ObjectFieldSelector fileKeyRef:@FileKeySelector resourceFieldRef:@ResourceFieldSelector secretKeyRef:@SecretKeySelector
EphemeralContainer args:[s] command:[s] env:[@EnvVar](name)~name envFrom:[@EnvFromSource] image:s imagePullPolicy:s|Always|IfNotPresent|Never lifecycle:@Lifecycle livenessProbe:@Probe name*:s ports:[@ContainerPort](containerPort,protocol)~containerPort readinessProbe:@Probe resizePolicy:[@ContainerResizePolicy] resources:@ResourceRequirements restartPolicy:s restartPolicyRules:[@ContainerRestartRule] securityContext:@SecurityContext startupProbe:@Probe stdin:b stdinOnce:b targetContainerName:s terminationMessagePath:s terminationMessagePolicy:s|FallbackToLogsOnError|File tty:b volumeDevices:[@VolumeDevice](devicePath)~devicePath volumeMounts:[@VolumeMount](mountPath)~mountPath workingDir:s
Event action:s apiVersion:s count:i eventTime:u firstTimestamp:t involvedObject*:@ObjectReference kind:s lastTimestamp:t message:s metadata*:@ObjectMeta reason:s related:@ObjectReference reportingComponent:s reportingInstance:s series:@EventSeries source:@EventSource type:s
EventSeries count:i lastObservedTime:u
EventSource component:s host:s
ExecAction command:[s]
FileKeySelector! key*:s optional:b path*:s volumeName*:s
GRPCAction port*:i service:s
HTTPGetAction host:s httpHeaders:[@HTTPHeader] path:s port*:x scheme:s|HTTP|HTTPS
HTTPHeader name*:s value*:s
HostAlias hostnames:[s] ip*:s
HostIP ip*:s
ImageVolumeStatus imageRef*:s
KeyToPath key*:s mode:i path*:s
LabelSelector! matchExpressions:[@LabelSelectorRequirement] matchLabels:<s>
LabelSelectorRequirement key*:s operator*:s values:[s]
Lifecycle postStart:@LifecycleHandler preStop:@LifecycleHandler stopSignal:s|SIGABRT|SIGALRM|SIGBUS|SIGCHLD|SIGCLD|SIGCONT|SIGFPE|SIGHUP|SIGILL|SIGINT|SIGIO|SIGIOT|SIGKILL|SIGPIPE|SIGPOLL|SIGPROF|SIGPWR|SIGQUIT|SIGRTMAX|SIGRTMAX-1|SIGRTMAX-10|SIGRTMAX-11|SIGRTMAX-12|SIGRTMAX-13|SIGRTMAX-14|SIGRTMAX-2|SIGRTMAX-3|SIGRTMAX-4|SIGRTMAX-5|SIGRTMAX-6|SIGRTMAX-7|SIGRTMAX-8|SIGRTMAX-9|SIGRTMIN|SIGRTMIN+1|SIGRTMIN+10|SIGRTMIN+11|SIGRTMIN+12|SIGRTMIN+13|SIGRTMIN+14|SIGRTMIN+15|SIGRTMIN+2|SIGRTMIN+3|SIGRTMIN+4|SIGRTMIN+5|SIGRTMIN+6|SIGRTMIN+7|SIGRTMIN+8|SIGRTMIN+9|SIGSEGV|SIGSTKFLT|SIGSTOP|SIGSYS|SIGTERM|SIGTRAP|SIGTSTP|SIGTTIN|SIGTTOU|SIGURG|SIGUSR1|SIGUSR2|SIGVTALRM|SIGWINCH|SIGXCPU|SIGXFSZ
LifecycleHandler exec:@ExecAction httpGet:@HTTPGetAction sleep:@SleepAction tcpSocket:@TCPSocketAction
LimitRange apiVersion:s kind:s metadata:@ObjectMeta spec:@LimitRangeSpec
LimitRangeItem default:<q> defaultRequest:<q> max:<q> maxLimitRequestRatio:<q> min:<q> type*:s
LimitRangeSpec limits*:[@LimitRangeItem]
LinuxContainerUser gid*:l supplementalGroups:[l] uid*:l
LoadBalancerIngress hostname:s ip:s ipMode:s ports:[@PortStatus]
LoadBalancerStatus ingress:[@LoadBalancerIngress]
LocalObjectReference! name:s
ManagedFieldsEntry apiVersion:s fieldsType:s fieldsV1:o manager:s operation:s subresource:s time:t
ModifyVolumeStatus status*:s|InProgress|Infeasible|Pending targetVolumeAttributesClassName:s
Namespace apiVersion:s kind:s metadata:@ObjectMeta spec:@NamespaceSpec status:@NamespaceStatus
NamespaceCondition lastTransitionTime:t message:s reason:s status*:s type*:s
NamespaceSpec finalizers:[s]
NamespaceStatus conditions:[@NamespaceCondition](type)~type phase:s|Active|Terminating
Node apiVersion:s kind:s metadata:@ObjectMeta spec:@NodeSpec status:@NodeStatus
NodeAddress address*:s type*:s
NodeAffinity preferredDuringSchedulingIgnoredDuringExecution:[@PreferredSchedulingTerm] requiredDuringSchedulingIgnoredDuringExecution:@NodeSelector
NodeAllocatableResourceClaimStatus containers:[s]() resourceClaimName*:s resources*:<q>
NodeCondition lastHeartbeatTime:t lastTransitionTime:t message:s reason:s status*:s type*:s
NodeConfigSource configMap:@ConfigMapNodeConfigSource
NodeConfigStatus active:@NodeConfigSource assigned:@NodeConfigSource error:s lastKnownGood:@NodeConfigSource
NodeDaemonEndpoints kubeletEndpoint:@DaemonEndpoint
NodeFeatures supplementalGroupsPolicy:b
NodeRuntimeHandler features:@NodeRuntimeHandlerFeatures name:s
NodeRuntimeHandlerFeatures recursiveReadOnlyMounts:b userNamespaces:b
NodeSelector! nodeSelectorTerms*:[@NodeSelectorTerm]
NodeSelectorRequirement key*:s operator*:s|DoesNotExist|Exists|Gt|In|Lt|NotIn values:[s]
NodeSelectorTerm! matchExpressions:[@NodeSelectorRequirement] matchFields:[@NodeSelectorRequirement]
NodeSpec configSource:@NodeConfigSource externalID:s podCIDR:s podCIDRs:[s]()~ providerID:s taints:[@Taint] unschedulable:b
NodeStatus addresses:[@NodeAddress](type)~type allocatable:<q> capacity:<q> conditions:[@NodeCondition](type)~type config:@NodeConfigStatus daemonEndpoints:@NodeDaemonEndpoints declaredFeatures:[s] features:@NodeFeatures images:[@ContainerImage] nodeInfo:@NodeSystemInfo phase:s|Pending|Running|Terminated runtimeHandlers:[@NodeRuntimeHandler] volumesAttached:[@AttachedVolume] volumesInUse:[s]
NodeSwapStatus capacity:l
NodeSystemInfo architecture*:s bootID*:s containerRuntimeVersion*:s kernelVersion*:s kubeProxyVersion*:s kubeletVersion*:s machineID*:s operatingSystem*:s osImage*:s swap:@NodeSwapStatus systemUUID*:s
ObjectFieldSelector! apiVersion:s fieldPath*:s
ObjectMeta annotations:<s> creationTimestamp:t deletionGracePeriodSeconds:l deletionTimestamp:t finalizers:[s]()~ generateName:s generation:l labels:<s> managedFields:[@ManagedFieldsEntry] name:s namespace:s ownerReferences:[@OwnerReference](uid)~uid resourceVersion:s selfLink:s uid:s
ObjectReference! apiVersion:s fieldPath:s kind:s name:s namespace:s resourceVersion:s uid:s
OwnerReference! apiVersion*:s blockOwnerDeletion:b controller:b kind*:s name*:s uid*:s
Pod apiVersion:s kind:s metadata:@ObjectMeta spec:@PodSpec status:@PodStatus
PodAffinity preferredDuringSchedulingIgnoredDuringExecution:[@WeightedPodAffinityTerm] requiredDuringSchedulingIgnoredDuringExecution:[@PodAffinityTerm]
PodAffinityTerm labelSelector:@LabelSelector matchLabelKeys:[s] mismatchLabelKeys:[s] namespaceSelector:@LabelSelector namespaces:[s] topologyKey*:s
PodAntiAffinity preferredDuringSchedulingIgnoredDuringExecution:[@WeightedPodAffinityTerm] requiredDuringSchedulingIgnoredDuringExecution:[@PodAffinityTerm]
PodCertificateProjection certificateChainPath:s credentialBundlePath:s keyPath:s keyType*:s maxExpirationSeconds:i signerName*:s userAnnotations:<s>
PodCondition lastProbeTime:t lastTransitionTime:t message:s observedGeneration:l reason:s status*:s type*:s
PodDNSConfig nameservers:[s] options:[@PodDNSConfigOption] searches:[s]
PodDNSConfigOption name:s value:s
PodExtendedResourceClaimStatus requestMappings*:[@ContainerExtendedResourceRequest] resourceClaimName*:s
PodIP ip*:s
PodOS name*:s
PodReadinessGate conditionType*:s
PodResourceClaim name*:s resourceClaimName:s resourceClaimTemplateName:s
PodResourceClaimStatus name*:s resourceClaimName:s
PodSchedulingGate name*:s
PodSchedulingGroup podGroupName:s
PodSecurityContext appArmorProfile:@AppArmorProfile fsGroup:l fsGroupChangePolicy:s|Always|OnRootMismatch runAsGroup:l runAsNonRoot:b runAsUser:l seLinuxChangePolicy:s seLinuxOptions:@SELinuxOptions seccompProfile:@SeccompProfile supplementalGroups:[l] supplementalGroupsPolicy:s|Merge|Strict sysctls:[@Sysctl] windowsOptions:@WindowsSecurityContextOptions
PodSpec activeDeadlineSeconds:l affinity:@Affinity automountServiceAccountToken:b containers*:[@Container](name)~name dnsConfig:@PodDNSConfig dnsPolicy:s|ClusterFirst|ClusterFirstWithHostNet|Default|None enableServiceLinks:b ephemeralContainers:[@EphemeralContainer](name)~name hostAliases:[@HostAlias](ip)~ip hostIPC:b hostNetwork:b hostPID:b hostUsers:b hostname:s hostnameOverride:s imagePullSecrets:[@LocalObjectReference](name)~name initContainers:[@Container](name)~name nodeName:s nodeSelector:<s>! os:@PodOS overhead:<q> preemptionPolicy:s|Never|PreemptLowerPriority priority:i priorityClassName:s readinessGates:[@PodReadinessGate] resourceClaims:[@PodResourceClaim](name)~name^ resources:@ResourceRequirements restartPolicy:s|Always|Never|OnFailure runtimeClassName:s schedulerName:s schedulingGates:[@PodSchedulingGate](name)~name schedulingGroup:@PodSchedulingGroup securityContext:@PodSecurityContext serviceAccount:s serviceAccountName:s setHostnameAsFQDN:b shareProcessNamespace:b subdomain:s terminationGracePeriodSeconds:l tolerations:[@Toleration] topologySpreadConstraints:[@TopologySpreadConstraint](topologyKey,whenUnsatisfiable)~topologyKey volumes:[@Volume](name)~name^
PodStatus allocatedResources:<q> conditions:[@PodCondition](type)~type containerStatuses:[@ContainerStatus] ephemeralContainerStatuses:[@ContainerStatus] extendedResourceClaimStatus:@PodExtendedResourceClaimStatus hostIP:s hostIPs:[@HostIP]~ip initContainerStatuses:[@ContainerStatus] message:s nodeAllocatableResourceClaimStatuses:[@NodeAllocatableResourceClaimStatus] nominatedNodeName:s observedGeneration:l phase:s|Failed|Pending|Running|Succeeded|Unknown podIP:s podIPs:[@PodIP](ip)~ip qosClass:s|BestEffort|Burstable|Guaranteed reason:s resize:s resourceClaimStatuses:[@PodResourceClaimStatus](name)~name^ resources:@ResourceRequirements startTime:t
PortStatus error:s port*:i protocol*:s|SCTP|TCP|UDP
PreferredSchedulingTerm preference*:@NodeSelectorTerm weight*:i
Probe exec:@ExecAction failureThreshold:i grpc:@GRPCAction httpGet:@HTTPGetAction initialDelaySeconds:i periodSeconds:i successThreshold:i tcpSocket:@TCPSocketAction terminationGracePeriodSeconds:l timeoutSeconds:i
ResourceClaim name*:s request:s
ResourceFieldSelector! containerName:s divisor:q resource*:s
ResourceHealth health:s message:s resourceID*:s
ResourceQuota apiVersion:s kind:s metadata:@ObjectMeta spec:@ResourceQuotaSpec status:@ResourceQuotaStatus
ResourceQuotaSpec hard:<q> scopeSelector:@ScopeSelector scopes:[s|BestEffort|CrossNamespacePodAffinity|NotBestEffort|NotTerminating|PriorityClass|Terminating|VolumeAttributesClass]
ResourceQuotaStatus hard:<q> used:<q>
ResourceRequirements claims:[@ResourceClaim](name) limits:<q> requests:<q>
ResourceStatus name*:s resources:[@ResourceHealth](resourceID)
SELinuxOptions level:s role:s type:s user:s
ScopeSelector! matchExpressions:[@ScopedResourceSelectorRequirement]
ScopedResourceSelectorRequirement operator*:s|DoesNotExist|Exists|In|NotIn scopeName*:s|BestEffort|CrossNamespacePodAffinity|NotBestEffort|NotTerminating|PriorityClass|Terminating|VolumeAttributesClass values:[s]
SeccompProfile localhostProfile:s type*:s|Localhost|RuntimeDefault|Unconfined
Secret apiVersion:s data:<y> immutable:b kind:s metadata:@ObjectMeta stringData:<s> type:s
SecretEnvSource name:s optional:b
SecretKeySelector! key*:s name:s optional:b
SecretProjection items:[@KeyToPath] name:s optional:b
SecretReference! name:s namespace:s
SecurityContext allowPrivilegeEscalation:b appArmorProfile:@AppArmorProfile capabilities:@Capabilities privileged:b procMount:s|Default|Unmasked readOnlyRootFilesystem:b runAsGroup:l runAsNonRoot:b runAsUser:l seLinuxOptions:@SELinuxOptions seccompProfile:@SeccompProfile windowsOptions:@WindowsSecurityContextOptions
Service apiVersion:s kind:s metadata:@ObjectMeta spec:@ServiceSpec status:@ServiceStatus
ServiceAccount apiVersion:s automountServiceAccountToken:b imagePullSecrets:[@LocalObjectReference] kind:s metadata:@ObjectMeta secrets:[@ObjectReference](name)~name
ServiceAccountTokenProjection audience:s expirationSeconds:l path*:s
ServicePort appProtocol:s name:s nodePort:i port*:i protocol:s|SCTP|TCP|UDP="TCP" targetPort:x
ServiceSpec allocateLoadBalancerNodePorts:b clusterIP:s clusterIPs:[s] externalIPs:[s] externalName:s externalTrafficPolicy:s|Cluster|Local healthCheckNodePort:i internalTrafficPolicy:s|Cluster|Local ipFamilies:[s||IPv4|IPv6] ipFamilyPolicy:s|PreferDualStack|RequireDualStack|SingleStack loadBalancerClass:s loadBalancerIP:s loadBalancerSourceRanges:[s] ports:[@ServicePort](port,protocol)~port publishNotReadyAddresses:b selector:<s>! sessionAffinity:s|ClientIP|None sessionAffinityConfig:@SessionAffinityConfig trafficDistribution:s type:s|ClusterIP|ExternalName|LoadBalancer|NodePort
ServiceStatus conditions:[@Condition](type)~type loadBalancer:@LoadBalancerStatus
SessionAffinityConfig clientIP:@ClientIPConfig
SleepAction seconds*:l
Sysctl name*:s value*:s
TCPSocketAction host:s port*:x
Taint effect*:s|NoExecute|NoSchedule|PreferNoSchedule key*:s timeAdded:t value:s
Toleration effect:s|NoExecute|NoSchedule|PreferNoSchedule key:s operator:s|Equal|Exists|Gt|Lt tolerationSeconds:l value:s
TopologySpreadConstraint labelSelector:@LabelSelector matchLabelKeys:[s] maxSkew*:i minDomains:i nodeAffinityPolicy:s|Honor|Ignore nodeTaintsPolicy:s|Honor|Ignore topologyKey*:s whenUnsatisfiable*:s|DoNotSchedule|ScheduleAnyway
TypedLocalObjectReference! apiGroup:s kind*:s name*:s
TypedObjectReference apiGroup:s kind*:s name*:s namespace:s
WeightedPodAffinityTerm podAffinityTerm*:@PodAffinityTerm weight*:i
WindowsSecurityContextOptions gmsaCredentialSpec:s gmsaCredentialSpecName:s hostProcess:b runAsUserName:s
`;
