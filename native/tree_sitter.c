// tree-sitter's library, without the recursion of its parse stack. It merges
// stacks, and releases them, node by node, with a call of itself for each: as
// deep as a text has comments in a row, or as it nests. So a text decides how
// much of the thread's stack is used, and some 60,000 comments ended the
// process. Here both functions leave the nodes below to a list.
//
// The preprocessor tells by the first token of the first argument where such a
// function is defined, where it calls itself and where others call it. What it
// does not know does not compile.

// Before the macros: they would change what these declare.
#include <stddef.h>
#include <stdlib.h>

#define stack_node_add_link(Node, Link, Pool) ADD_LINK_##Node, Link, Pool)
#define ADD_LINK_StackNode                                                     \
  addLinkLater(StackNode *, StackLink *);                                      \
  static void addLinks(StackNode *, StackLink, SubtreePool *);                 \
  static void addLink(StackNode
#define ADD_LINK_existing_link ADD_LINK_LATER(existing_link
#define ADD_LINK_LATER(Node, Link, Pool) addLinkLater(Node, &(Link))
#define ADD_LINK_head1 addLinks(head1

#define stack_node_release(Node, Nodes, Pool) RELEASE_##Node, Nodes, Pool)
#define RELEASE_StackNode                                                      \
  releaseNodeLater(StackNode *, StackNodeArray *, SubtreePool *);              \
  static void releaseNodes(StackNode *, StackNodeArray *, SubtreePool *);      \
  static void releaseNode(StackNode
#define RELEASE_link releaseNodeLater(link
#define RELEASE_self releaseNodes(self

#include "lib.c"

typedef struct {
  StackNode *To;
  /// In a node, where it may get another subtree in the meantime.
  StackLink *Link;
} PendingLink;

/// Empty between two calls from the rest of tree-sitter.
static _Thread_local Array(PendingLink) PendingLinks;
static _Thread_local Array(StackNode *) PendingNodes;

static void addLinkLater(StackNode *To, StackLink *Link) {
  array_push(&PendingLinks, ((PendingLink){To, Link}));
}

/// In the order of the recursion: the links that one call has left come before
/// those that were left earlier, the first of them first.
static void addLinks(StackNode *To, StackLink Link, SubtreePool *Pool) {
  uint32_t Earlier = 0;
  addLink(To, Link, Pool);
  while (true) {
    for (uint32_t I = Earlier, J = PendingLinks.size; I + 1 < J; ++I) {
      const PendingLink Swapped = PendingLinks.contents[I];
      PendingLinks.contents[I] = PendingLinks.contents[--J];
      PendingLinks.contents[J] = Swapped;
    }
    if (PendingLinks.size == 0)
      break;
    const PendingLink Next = array_pop(&PendingLinks);
    Earlier = PendingLinks.size;
    addLink(Next.To, *Next.Link, Pool);
  }
  array_delete(&PendingLinks);
}

static void releaseNodeLater(StackNode *Node, StackNodeArray *Nodes,
                             SubtreePool *Pool) {
  (void)Nodes;
  (void)Pool;
  array_push(&PendingNodes, Node);
}

static void releaseNodes(StackNode *Node, StackNodeArray *Nodes,
                         SubtreePool *Pool) {
  releaseNode(Node, Nodes, Pool);
  while (PendingNodes.size > 0)
    releaseNode(array_pop(&PendingNodes), Nodes, Pool);
  array_delete(&PendingNodes);
}
