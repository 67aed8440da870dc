/** Types of the smaller groups. In the notation of notation.ts, from the OpenAPI v3 of Kubernetes 1.36. */
export const MORE_TYPES = `
ContainerResourceMetricSource container*:s name*:s target*:@MetricTarget
ContainerResourceMetricStatus container*:s current*:@MetricValueStatus name*:s
CrossVersionObjectReference apiVersion:s kind*:s name*:s
Endpoint addresses*:[s]() conditions:@EndpointConditions deprecatedTopology:<s> hints:@EndpointHints hostname:s nodeName:s targetRef:@ObjectReference zone:s
EndpointConditions ready:b serving:b terminating:b
EndpointHints forNodes:[@ForNode] forZones:[@ForZone]
EndpointPort! appProtocol:s name:s port:i protocol:s|SCTP|TCP|UDP
EndpointSlice addressType*:s|FQDN|IPv4|IPv6 apiVersion:s endpoints:[@Endpoint] kind:s metadata:@ObjectMeta ports:[@EndpointPort]
ExternalMetricSource metric*:@MetricIdentifier target*:@MetricTarget
ExternalMetricStatus current*:@MetricValueStatus metric*:@MetricIdentifier
ForNode name*:s
ForZone name*:s
HPAScalingPolicy periodSeconds*:i type*:s value*:i
HPAScalingRules policies:[@HPAScalingPolicy] selectPolicy:s stabilizationWindowSeconds:i tolerance:q
HTTPIngressPath backend*:@IngressBackend path:s pathType*:s|Exact|ImplementationSpecific|Prefix
HTTPIngressRuleValue paths*:[@HTTPIngressPath]
HorizontalPodAutoscaler apiVersion:s kind:s metadata:@ObjectMeta spec*:@HorizontalPodAutoscalerSpec status:@HorizontalPodAutoscalerStatus
HorizontalPodAutoscalerBehavior scaleDown:@HPAScalingRules scaleUp:@HPAScalingRules
HorizontalPodAutoscalerCondition lastTransitionTime:t message:s reason:s status*:s type*:s
HorizontalPodAutoscalerSpec behavior:@HorizontalPodAutoscalerBehavior maxReplicas*:i metrics:[@MetricSpec] minReplicas:i scaleTargetRef*:@CrossVersionObjectReference
HorizontalPodAutoscalerStatus conditions:[@HorizontalPodAutoscalerCondition](type)~type currentMetrics:[@MetricStatus] currentReplicas:i desiredReplicas*:i lastScaleTime:t observedGeneration:l
IPBlock cidr*:s except:[s]
Ingress apiVersion:s kind:s metadata:@ObjectMeta spec:@IngressSpec status:@IngressStatus
IngressBackend resource:@TypedLocalObjectReference service:@IngressServiceBackend
IngressLoadBalancerIngress hostname:s ip:s ports:[@IngressPortStatus]
IngressLoadBalancerStatus ingress:[@IngressLoadBalancerIngress]
IngressPortStatus error:s port*:i protocol*:s|SCTP|TCP|UDP
IngressRule host:s http:@HTTPIngressRuleValue
IngressServiceBackend name*:s port:@ServiceBackendPort
IngressSpec defaultBackend:@IngressBackend ingressClassName:s rules:[@IngressRule] tls:[@IngressTLS]
IngressStatus loadBalancer:@IngressLoadBalancerStatus
IngressTLS hosts:[s] secretName:s
Lease apiVersion:s kind:s metadata:@ObjectMeta spec:@LeaseSpec
LeaseSpec acquireTime:u holderIdentity:s leaseDurationSeconds:i leaseTransitions:i preferredHolder:s renewTime:u strategy:s
MetricIdentifier name*:s selector:@LabelSelector
MetricSpec containerResource:@ContainerResourceMetricSource external:@ExternalMetricSource object:@ObjectMetricSource pods:@PodsMetricSource resource:@ResourceMetricSource type*:s
MetricStatus containerResource:@ContainerResourceMetricStatus external:@ExternalMetricStatus object:@ObjectMetricStatus pods:@PodsMetricStatus resource:@ResourceMetricStatus type*:s
MetricTarget averageUtilization:i averageValue:q type*:s value:q
MetricValueStatus averageUtilization:i averageValue:q value:q
NetworkPolicy apiVersion:s kind:s metadata:@ObjectMeta spec:@NetworkPolicySpec
NetworkPolicyEgressRule ports:[@NetworkPolicyPort] to:[@NetworkPolicyPeer]
NetworkPolicyIngressRule from:[@NetworkPolicyPeer] ports:[@NetworkPolicyPort]
NetworkPolicyPeer ipBlock:@IPBlock namespaceSelector:@LabelSelector podSelector:@LabelSelector
NetworkPolicyPort endPort:i port:x protocol:s|SCTP|TCP|UDP
NetworkPolicySpec egress:[@NetworkPolicyEgressRule] ingress:[@NetworkPolicyIngressRule] podSelector:@LabelSelector policyTypes:[s|Egress|Ingress]
ObjectMetricSource describedObject*:@CrossVersionObjectReference metric*:@MetricIdentifier target*:@MetricTarget
ObjectMetricStatus current*:@MetricValueStatus describedObject*:@CrossVersionObjectReference metric*:@MetricIdentifier
PodDisruptionBudget apiVersion:s kind:s metadata:@ObjectMeta spec:@PodDisruptionBudgetSpec status:@PodDisruptionBudgetStatus
PodDisruptionBudgetSpec maxUnavailable:x minAvailable:x selector:@LabelSelector unhealthyPodEvictionPolicy:s|AlwaysAllow|IfHealthyBudget
PodDisruptionBudgetStatus conditions:[@Condition](type)~type currentHealthy:i desiredHealthy:i disruptedPods:<t> disruptionsAllowed:i expectedPods:i observedGeneration:l
PodsMetricSource metric*:@MetricIdentifier target*:@MetricTarget
PodsMetricStatus current*:@MetricValueStatus metric*:@MetricIdentifier
PolicyRule apiGroups:[s] nonResourceURLs:[s] resourceNames:[s] resources:[s] verbs*:[s]
PriorityClass apiVersion:s description:s globalDefault:b kind:s metadata:@ObjectMeta preemptionPolicy:s|Never|PreemptLowerPriority value:i
ResourceMetricSource name*:s target*:@MetricTarget
ResourceMetricStatus current*:@MetricValueStatus name*:s
Role apiVersion:s kind:s metadata:@ObjectMeta rules:[@PolicyRule]
RoleBinding apiVersion:s kind:s metadata:@ObjectMeta roleRef*:@RoleRef subjects:[@Subject]
RoleRef! apiGroup:s kind*:s name*:s
ServiceBackendPort! name:s number:i
StorageClass allowVolumeExpansion:b allowedTopologies:[@TopologySelectorTerm] apiVersion:s kind:s metadata:@ObjectMeta mountOptions:[s] parameters:<s> provisioner*:s reclaimPolicy:s|Delete|Recycle|Retain volumeBindingMode:s|Immediate|WaitForFirstConsumer
Subject! apiGroup:s kind*:s name*:s namespace:s
TopologySelectorLabelRequirement key*:s values*:[s]
TopologySelectorTerm! matchLabelExpressions:[@TopologySelectorLabelRequirement]
`;
